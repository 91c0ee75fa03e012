package io.cordwood.chaos.planted;

import java.time.Duration;
import java.util.List;

/**
 * The faults, the workload and the settings that make a bug show within ten runs of a minute each.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param faults one round: each begins while those before it in the list are still at work, half of {@code
 *     lasts} later, and all end together; none where what befalls groups is enough
 * @param lasts how long each of them is at work before the round ends
 * @param calm how long the workload goes on alone before a round
 * @param settings flags of every server; they win over those that a run gives otherwise
 * @param groups whether there are groups, with what befalls their members in every run
 */
public record FaultProfile(
        List<PlantedFault> faults,
        Duration lasts,
        Duration calm,
        Workload workload,
        List<String> settings,
        boolean groups) {
    /** Groups, and nothing that befalls the servers. */
    static final FaultProfile OF_GROUPS = new FaultProfile(
            List.of(), Duration.ZERO, Duration.ofSeconds(10), new Workload(6, 3, 4, 100, 300, 2), List.of(), true);

    /** Without groups. */
    public FaultProfile(
            List<PlantedFault> faults, Duration lasts, Duration calm, Workload workload, List<String> settings) {
        this(faults, lasts, calm, workload, settings, false);
    }

    public FaultProfile {
        faults = List.copyOf(faults);
        settings = List.copyOf(settings);
        if ((faults.isEmpty() && !groups) || lasts.isNegative() || calm.isNegative()) {
            throw new IllegalArgumentException(faults + " for " + lasts + " after " + calm);
        }
    }

    /**
     * What clients do. Every value has the same length, and records have no keys.
     *
     * @param partitions of the one topic, with a replica on each of three nodes
     * @param producers idempotent ones, each for all partitions in turn
     * @param recordsPerBatch 1 = every record is sent alone
     * @param valueBytes of each record
     * @param recordsPerSecond of all producers together
     * @param readers at the tail, half of them where the leader is and half at the other nodes
     */
    public record Workload(
            int partitions, int producers, int recordsPerBatch, int valueBytes, int recordsPerSecond, int readers) {
        public Workload {
            if (Math.min(Math.min(partitions, producers), Math.min(recordsPerBatch, valueBytes)) < 1
                    || recordsPerSecond < 1
                    || readers < 0) {
                throw new IllegalArgumentException(partitions + " partitions, " + producers + " producers, "
                        + recordsPerBatch + " records of " + valueBytes + " bytes, " + recordsPerSecond
                        + " per second, " + readers + " readers");
            }
        }
    }
}
