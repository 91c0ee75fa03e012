package io.cordwood.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How fast a number that only rises rose over about the last minute: from a few of its values, each kept for some seconds.
 *
 * <p>Invariants: at most so many values are kept as slots fit into the minute, and two. While it rises steadily the rate
 * is exact; what rose in a burst counts for as long as the burst is in the minute.
 *
 * <p><b>Thread:</b> one writer; readers on any.
 */
public final class RecentRate {
    static final long WINDOW_MS = 60_000;
    static final long SLOT_MS = 5_000;
    /** A shorter time says nothing of a rate. */
    private static final long SHORTEST_MS = 1_000;

    private volatile @Nullable History history;

    /** The value until it rose at this time; within the slot that begins then nothing more is known of it. */
    private record Sample(long timeMs, long value) {}

    /** @param samples oldest first; the first one is where it began, or older than the minute */
    private record History(List<Sample> samples, long timeMs, long value, boolean rose) {
        History {
            samples = List.copyOf(samples);
        }

        double valueAt(long timeMs) {
            int after = 1;
            while (after < samples.size() && samples.get(after).timeMs() <= timeMs) {
                after++;
            }
            var sample = samples.get(after - 1);
            long next = after < samples.size() ? samples.get(after).value() : value;
            double part = Math.min(1, (double) (timeMs - sample.timeMs()) / SLOT_MS);
            return sample.value() + (next - sample.value()) * part;
        }
    }

    /** It is this value now; what was before is forgotten. */
    public void begin(long timeMs, long value) {
        history = new History(List.of(new Sample(timeMs, value)), timeMs, value, false);
    }

    /** It rose to this value; where it has not begun, it begins with it. A time before the last one counts as that. */
    public void rise(long timeMs, long value) {
        var before = history;
        if (before == null) {
            begin(timeMs, value);
            return;
        }
        long now = Math.max(timeMs, before.timeMs());
        var samples = before.samples();
        if (now - samples.get(samples.size() - 1).timeMs() >= SLOT_MS) {
            samples = recent(samples, now);
            samples.add(new Sample(now, before.value()));
        }
        history = new History(samples, now, value, true);
    }

    /** Those of the minute and the one before. */
    private static List<Sample> recent(List<Sample> samples, long nowMs) {
        var recent = new ArrayList<>(samples);
        while (recent.size() > 1 && recent.get(1).timeMs() <= nowMs - WINDOW_MS) {
            recent.remove(0);
        }
        return recent;
    }

    /** Over the last minute, or since it began; empty where it has not risen since. */
    public OptionalDouble perSecond(long nowMs) {
        var known = history;
        if (known == null || !known.rose()) {
            return OptionalDouble.empty();
        }
        long now = Math.max(nowMs, known.timeMs());
        long from = Math.max(now - WINDOW_MS, known.samples().get(0).timeMs());
        double seconds = Math.max(SHORTEST_MS, now - from) / 1_000.0;
        return OptionalDouble.of((known.value() - known.valueAt(from)) / seconds);
    }
}
