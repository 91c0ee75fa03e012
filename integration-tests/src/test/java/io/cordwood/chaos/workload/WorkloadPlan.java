package io.cordwood.chaos.workload;

import java.util.List;

/**
 * Who uses the cluster during a run.
 *
 * @param records for producers, idempotent and plain ones, and their readers
 * @param registers for conditional appenders alone
 * @param recordsPerSecond of all producers together
 * @param alone whether records go in batches of their own as far as they can
 * @param recordBytes of each record's value
 * @param readers at the tail of the records: half of them with the client, which asks leaders, and half at
 *     any replica
 */
public record WorkloadPlan(
        TopicPartitions records,
        TopicPartitions registers,
        int idempotentProducers,
        int plainProducers,
        int recordsPerSecond,
        boolean alone,
        int recordBytes,
        int appenders,
        int readers) {
    public WorkloadPlan {
        if (idempotentProducers < 1 || plainProducers < 0 || recordsPerSecond < 1 || recordBytes < 1) {
            throw new IllegalArgumentException(idempotentProducers + " idempotent producers, " + plainProducers
                    + " plain ones, " + recordsPerSecond + " records of " + recordBytes + " bytes per second");
        }
    }

    /** Everybody, at a pace that leaves a small machine time for the faults. */
    public static WorkloadPlan standard() {
        return new WorkloadPlan(
                new TopicPartitions("records", 6), new TopicPartitions("registers", 3), 3, 1, 300, false, 200, 3, 3);
    }

    public List<TopicPartitions> topics() {
        return List.of(records, registers);
    }
}
