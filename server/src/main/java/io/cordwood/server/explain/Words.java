package io.cordwood.server.explain;

import java.time.Duration;
import java.util.Collection;
import java.util.stream.Collectors;

/** Figures and names as sentences have them. Pure functions. */
final class Words {
    /** More names than that are no help to whoever reads a sentence. */
    private static final int NAMED = 5;

    private Words() {}

    /** Its two largest units, such as "3 min 12 s". */
    static String of(Duration duration) {
        var positive = duration.isNegative() ? Duration.ZERO : duration;
        if (positive.toDays() > 0) {
            return two(positive.toDays(), "d", positive.toHoursPart(), "h");
        }
        if (positive.toHours() > 0) {
            return two(positive.toHours(), "h", positive.toMinutesPart(), "min");
        }
        if (positive.toMinutes() > 0) {
            return two(positive.toMinutes(), "min", positive.toSecondsPart(), "s");
        }
        return positive.toSeconds() > 0 ? positive.toSeconds() + " s" : positive.toMillis() + " ms";
    }

    private static String two(long large, String largeUnit, int small, String smallUnit) {
        return large + " " + largeUnit + (small == 0 ? "" : " " + small + " " + smallUnit);
    }

    /** Such as "1 record" or "42 records". */
    static String count(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    /** Offsets per second with one digit behind the point. */
    static String rate(double perSecond) {
        long tenths = Math.round(perSecond * 10);
        return tenths / 10 + "." + tenths % 10;
    }

    static String replicas(int count) {
        return count == 1 ? "replica" : count + " replicas";
    }

    static String quoted(String name) {
        return "\"" + line(name) + "\"";
    }

    /** By what the application calls itself, where it does. */
    static String member(String memberId, String name, String host) {
        return "member " + quoted(name.isEmpty() ? memberId : name) + (host.isEmpty() ? "" : " (host " + host + ")");
    }

    /** What somebody else wrote, on one line and without what moves a terminal's cursor. */
    static String line(String text) {
        return text.replaceAll("\\p{Cc}", " ");
    }

    /** Such as "node 2" or "nodes 2, 3". */
    static String nodes(Collection<Integer> nodeIds) {
        return (nodeIds.size() == 1 ? "node " : "nodes ") + some(nodeIds);
    }

    /** The first few. */
    static String some(Collection<?> names) {
        return names.stream().limit(NAMED).map(String::valueOf).collect(Collectors.joining(", "))
                + (names.size() > NAMED ? ", ..." : "");
    }
}
