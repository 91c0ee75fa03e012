package io.cordwood.chaos.plot;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Fault;
import io.cordwood.chaos.history.Operation.LeaderSeen;
import io.cordwood.chaos.plot.Svg.Box;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A run as one picture of 1600 x 900, as SVG without script. From top to bottom: acknowledged and read
 * records per second; faults, one row per kind and node; partitions, one row each, with what was longer
 * without an acknowledgement than {@value #GAP_SECONDS} s and a tick where another leader was seen. All
 * share the axis of time at the bottom.
 *
 * <p>Where there are more rows than room the rows get thinner, and lose their names where nobody could read
 * them.
 *
 * <p><b>Thread:</b> confined to one.
 */
public final class Timeline {
    private static final int WIDTH = 1600;
    private static final int HEIGHT = 900;
    private static final int LEFT = 170;
    private static final int RIGHT = WIDTH - 20;
    private static final int RATES_TOP = 60;
    private static final int RATES_BOTTOM = 250;
    private static final int ROWS_TOP = 290;
    private static final int BOTTOM = 860;
    private static final int HEADING = 30;
    private static final int ROW_MAX = 24;
    private static final int ROW_WITH_NAME_MIN = 7;
    private static final int ROW_WITH_LARGE_NAME_MIN = 11;
    private static final int TICKS_MAX = 16;
    private static final int GAP_SECONDS = 1;
    private static final long SECOND = 1_000_000_000;
    private static final String STYLE = """
            text{font:11px sans-serif;fill:#222}.title{font-size:16px}.middle{text-anchor:middle}
            .right,.small{text-anchor:end}.small{font-size:7px}text.acknowledged{fill:#1b6ca8}text.read{fill:#d08a1d}
            .paper{fill:#fff}.frame{fill:#f6f6f6}.grid{stroke:#ddd}polyline{fill:none;stroke-width:1.5}
            polyline.acknowledged{stroke:#1b6ca8}polyline.read{stroke:#d08a1d}
            .fault{fill:#b5443a;fill-opacity:.75}.gap{fill:#b5443a}.leader{stroke:#1b6ca8;stroke-width:1.5}
            .heal{stroke:#2c8a4b;stroke-width:2;stroke-dasharray:6 3}
            """;

    private final History history;
    private final long lengthNanos;
    private final SortedMap<Row, List<Call<Fault>>> faults;
    private final Map<TopicPartition, List<Gap>> gaps;
    private final Map<TopicPartition, List<Call<LeaderSeen>>> leaders;
    private final Rows rows;
    private final Svg svg = new Svg(WIDTH, HEIGHT, STYLE);

    private Timeline(History history) {
        this.history = history;
        this.lengthNanos = Math.max(SECOND, history.endNanos());
        this.faults = faults(history);
        this.gaps = Gap.longerThan(history, GAP_SECONDS * SECOND);
        this.leaders = history.callsByPartition(LeaderSeen.class);
        this.rows = new Rows(faults.size() + partitions().size());
    }

    private record Row(String kind, int node) {
        String name() {
            return kind + (node < 0 ? "" : ", node " + node);
        }
    }

    /** @param title what run it is: its seed and options */
    public static String svg(History history, String title) {
        var timeline = new Timeline(history);
        timeline.svg.words("title", LEFT, 28, title);
        timeline.time();
        timeline.rates();
        timeline.drawFaults();
        timeline.drawPartitions();
        timeline.heals();
        return timeline.svg.finished();
    }

    private static SortedMap<Row, List<Call<Fault>>> faults(History history) {
        var rows = new TreeMap<Row, List<Call<Fault>>>(
                Comparator.comparing(Row::kind).thenComparingInt(Row::node));
        for (var fault : history.calls(Fault.class)) {
            var what = fault.what();
            for (int node : what.nodes().isEmpty() ? List.of(-1) : what.nodes()) {
                if (!fault.isFailed()) {
                    rows.computeIfAbsent(new Row(what.kind().plural(), node), row -> new ArrayList<>())
                            .add(fault);
                }
            }
        }
        return rows;
    }

    private SortedSet<TopicPartition> partitions() {
        var partitions = new TreeSet<>(gaps.keySet());
        partitions.addAll(leaders.keySet());
        return partitions;
    }

    private void time() {
        frame(RATES_TOP, RATES_BOTTOM);
        svg.begin("axis", "time");
        long seconds = lengthNanos / SECOND;
        long step = step(seconds);
        for (long second = 0; second <= seconds; second += step) {
            double x = x(second * SECOND);
            svg.line("grid", new Box(x, RATES_TOP, 0, BOTTOM - RATES_TOP), "");
            svg.words("middle", x, BOTTOM + 16, second + " s");
        }
        svg.end();
    }

    private void rates() {
        var acknowledged = new long[(int) (lengthNanos / SECOND) + 1];
        var read = new long[acknowledged.length];
        for (var call : history.calls(Operation.OfPartition.class)) {
            if (call.isOk() && call.what() instanceof Operation.Write) {
                acknowledged[(int) (call.endNanos() / SECOND)]++;
            } else if (call.isOk() && call.what() instanceof Operation.Read view) {
                read[(int) (call.endNanos() / SECOND)] += view.records().size();
            }
        }
        long most = 1;
        for (int i = 0; i < read.length; i++) {
            most = Math.max(most, Math.max(acknowledged[i], read[i]));
        }
        svg.begin("rates", "rates");
        svg.words("acknowledged", LEFT, RATES_TOP - 6, "acknowledged records/s");
        svg.words("read", LEFT + 160, RATES_TOP - 6, "read records/s");
        svg.words("right", LEFT - 6, RATES_TOP + 10, String.format(Locale.ROOT, "%,d/s", most));
        svg.words("right", LEFT - 6, RATES_BOTTOM, "0");
        svg.curve("acknowledged", curve(acknowledged, most));
        svg.curve("read", curve(read, most));
        svg.end();
    }

    /** Each second's rate in the middle of that second. */
    private double[] curve(long[] rates, long most) {
        var points = new double[rates.length * 2];
        for (int i = 0; i < rates.length; i++) {
            points[2 * i] = x(Math.min(lengthNanos, i * SECOND + SECOND / 2));
            points[2 * i + 1] = RATES_BOTTOM - (double) rates[i] / most * (RATES_BOTTOM - RATES_TOP - 4);
        }
        return points;
    }

    private void drawFaults() {
        svg.begin("faults", "faults");
        rows.beginArea("faults, by kind and node", faults.size());
        faults.forEach((row, ofRow) -> {
            rows.name(row.name());
            for (var fault : ofRow) {
                var ended = fault.ended();
                long end = ended == null ? lengthNanos : ended.nanos();
                var hint = row.name() + ": " + fault.what().what() + ", " + Event.time(fault.beginNanos()) + " to "
                        + Event.time(end);
                rows.bar("fault", fault.beginNanos(), end, hint);
            }
            rows.next();
        });
        svg.end();
    }

    private void drawPartitions() {
        var partitions = partitions();
        svg.begin("partitions", "partitions");
        rows.beginArea(
                "partitions: more than " + GAP_SECONDS + " s without an acknowledgement (red), another leader (blue)",
                partitions.size());
        for (var partition : partitions) {
            rows.name(partition.toString());
            for (var gap : gaps.getOrDefault(partition, List.of())) {
                var hint = partition + " without an acknowledgement for " + Event.time(gap.nanos()) + " from "
                        + Event.time(gap.fromNanos());
                rows.bar("gap", gap.fromNanos(), gap.toNanos(), hint);
            }
            for (var seen : leaders.getOrDefault(partition, List.of())) {
                var leader = seen.what();
                rows.tick(
                        "leader",
                        seen.beginNanos(),
                        partition + " led by node " + leader.node() + " in epoch " + leader.epoch() + " at "
                                + Event.time(seen.beginNanos()));
            }
            rows.next();
        }
        svg.end();
    }

    private void heals() {
        for (var heal : history.calls(Operation.Heal.class)) {
            double x = x(heal.beginNanos());
            svg.line(
                    "heal", new Box(x, RATES_TOP, 0, BOTTOM - RATES_TOP), "healed at " + Event.time(heal.beginNanos()));
        }
    }

    private void frame(double top, double bottom) {
        svg.bar("frame", new Box(LEFT, top, RIGHT - LEFT, bottom - top), "");
    }

    private double x(long nanos) {
        return LEFT + (double) nanos / lengthNanos * (RIGHT - LEFT);
    }

    /** The smallest round step that needs no more than {@value #TICKS_MAX} of them. */
    private static long step(long seconds) {
        for (long step = 1; ; step *= 10) {
            for (long times : new long[] {1, 2, 5}) {
                if (seconds / (step * times) <= TICKS_MAX) {
                    return step * times;
                }
            }
        }
    }

    /** Where the rows are; moves from one to the next. */
    private final class Rows {
        private final double height;
        private double y = ROWS_TOP - HEADING;

        Rows(int count) {
            this.height = Math.min(ROW_MAX, (double) (BOTTOM - ROWS_TOP - HEADING) / Math.max(1, count));
        }

        void beginArea(String heading, int count) {
            y += HEADING;
            svg.words("heading", LEFT, y - 6, heading);
            frame(y, y + count * height);
        }

        void name(String name) {
            if (height >= ROW_WITH_NAME_MIN) {
                boolean large = height >= ROW_WITH_LARGE_NAME_MIN;
                svg.words(large ? "right" : "small", LEFT - 6, y + height / 2 + (large ? 4 : 2), name);
            }
        }

        void bar(String type, long from, long to, String hint) {
            double left = x(from);
            svg.bar(type, new Box(left, y + height * 0.15, x(Math.max(from, to)) - left, height * 0.7), hint);
        }

        void tick(String type, long at, String hint) {
            svg.line(type, new Box(x(at), y, 0, height), hint);
        }

        void next() {
            y += height;
        }
    }
}
