package io.cordwood.server.metrics;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.server.cluster.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/**
 * The meters of what clients do to a node, whatever listener they come in on.
 *
 * <p>Invariant: nothing is looked up by name or made when something is counted.
 *
 * <p><b>Thread:</b> any. Counted are batches, chunks and calls, never records.
 */
public final class ServerMeters {
    /** A number that rises and falls, the sum over those who have a part of it. */
    public enum Level {
        CONNECTIONS(Metric.CONNECTIONS),
        STREAMS(Metric.STREAMS),
        CALLS(Metric.CALLS),
        CALLS_LIMIT(Metric.CALLS_LIMIT),
        IN_FLIGHT_BYTES(Metric.IN_FLIGHT_BYTES),
        IN_FLIGHT_LIMIT(Metric.IN_FLIGHT_LIMIT),
        GROUPS_ACTIVE(Metric.GROUPS, "active"),
        GROUPS_EMPTY(Metric.GROUPS, "empty"),
        GROUP_MEMBERS(Metric.GROUP_MEMBERS),
        VALIDATION_QUEUE(Metric.QUEUE_TASKS, "validation"),
        READER_QUEUE(Metric.QUEUE_TASKS, "reader");

        private final Metric metric;

        @SuppressWarnings("ImmutableEnumChecker") // made by List.of
        private final List<String> labelValues;

        Level(Metric metric, String... labelValues) {
            this.metric = metric;
            this.labelValues = List.of(labelValues);
        }
    }

    /** What is refused. */
    public enum Refused {
        BATCH,
        CALL,
        /** Of a subscription. */
        PARTITION,
        /** Of a commit. */
        OFFSET
    }

    private final NodeMeters node;
    private final Timer publishes;
    private final Timer produces;
    private final Timer subscribes;
    private final Timer fetches;
    private final Timer commits;
    private final Counter duplicates;
    private final Counter committed;
    private final Map<Refused, Map<Reason, Counter>> refusals = new EnumMap<>(Refused.class);
    private final Map<Level, List<LongSupplier>> parts = new EnumMap<>(Level.class);

    public ServerMeters(NodeMeters node) {
        this.node = node;
        publishes = node.histogram(Metric.PUBLISH_LATENCY, "publish");
        produces = node.histogram(Metric.PUBLISH_LATENCY, "produce");
        subscribes = node.histogram(Metric.FETCH_LATENCY, "subscribe");
        fetches = node.histogram(Metric.FETCH_LATENCY, "fetch");
        commits = node.histogram(Metric.GROUP_COMMIT_LATENCY);
        duplicates = node.counter(Metric.PUBLISH_DUPLICATES);
        committed = node.counter(Metric.GROUP_COMMITS);
        for (Refused what : Refused.values()) {
            refusals.put(what, counters(what));
        }
        for (Level level : Level.values()) {
            var all = new CopyOnWriteArrayList<LongSupplier>();
            parts.put(level, all);
            node.gauge(level.metric, () -> sum(all), level.labelValues.toArray(String[]::new));
        }
    }

    /**
     * All reasons from the start: a series that begins with its first refusal hides it from who asks for
     * the rise.
     */
    private Map<Reason, Counter> counters(Refused what) {
        var counters = new EnumMap<Reason, Counter>(Reason.class);
        for (Reason reason : Reason.values()) {
            counters.put(reason, node.counter(Metric.REFUSALS, label(what), label(reason)));
        }
        return counters;
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static double sum(List<LongSupplier> all) {
        return all.stream().mapToLong(LongSupplier::getAsLong).sum();
    }

    public NodeMeters node() {
        return node;
    }

    /** Adds a part to a level; asked at each scrape, and kept until the node ends. */
    public void watch(Level level, LongSupplier part) {
        Objects.requireNonNull(parts.get(level)).add(part);
    }

    public void refused(Refused what, Reason reason) {
        var byReason = Objects.requireNonNull(refusals.get(what));
        Objects.requireNonNull(byReason.get(reason)).increment();
    }

    /** A batch that was in the log already. */
    public void duplicate() {
        duplicates.increment();
    }

    /** So many offsets were committed. */
    public void committed(int offsets) {
        committed.increment(offsets);
    }

    /** From the arrival of a commit of offsets to its answer. */
    public Timer commits() {
        return commits;
    }

    /** From the arrival of a batch on a stream to its ack. */
    public Timer publishes() {
        return publishes;
    }

    /** As {@link #publishes}, of batches that were made of a Produce call's records. */
    public Timer produces() {
        return produces;
    }

    /** To read a chunk for a subscriber and send it. */
    public Timer subscribes() {
        return subscribes;
    }

    /** To read and decode what a Fetch call asks for. */
    public Timer fetches() {
        return fetches;
    }
}
