package io.cordwood.chaos.workload;

import java.util.List;
import java.util.stream.Stream;

/**
 * Who uses the cluster during a run.
 *
 * @param records for producers, idempotent and plain ones, and their readers
 * @param registers for conditional appenders alone
 * @param growing topics that get more partitions meanwhile: each has a conditional appender of its own, and one
 *     who reads it again and again
 * @param recordsPerSecond of all producers together
 * @param alone whether records go in batches of their own as far as they can
 * @param recordBytes of each record's value
 * @param readers at the tail of the records: half of them with the client, which asks leaders, and half at
 *     any replica
 */
public record WorkloadPlan(
        TopicPartitions records,
        TopicPartitions registers,
        List<TopicPartitions> growing,
        int idempotentProducers,
        int plainProducers,
        int recordsPerSecond,
        boolean alone,
        int recordBytes,
        int appenders,
        int readers) {
    /** Of each partition of all topics. */
    public static final int REPLICAS = 3;

    public WorkloadPlan {
        growing = List.copyOf(growing);
        if (idempotentProducers < 1 || plainProducers < 0 || recordsPerSecond < 1 || recordBytes < 1) {
            throw new IllegalArgumentException(idempotentProducers + " idempotent producers, " + plainProducers
                    + " plain ones, " + recordsPerSecond + " records of " + recordBytes + " bytes per second");
        }
    }

    /** Everybody, at a pace that leaves a small machine time for the faults. */
    public static WorkloadPlan standard() {
        return new WorkloadPlan(
                new TopicPartitions("records", 6),
                new TopicPartitions("registers", 3),
                List.of(),
                3,
                1,
                300,
                false,
                200,
                3,
                3);
    }

    /** With a topic that begins with one partition. */
    public WorkloadPlan withGrowing(String topic) {
        return new WorkloadPlan(
                records,
                registers,
                List.of(new TopicPartitions(topic, 1)),
                idempotentProducers,
                plainProducers,
                recordsPerSecond,
                alone,
                recordBytes,
                appenders,
                readers);
    }

    /** As they are at the begin. */
    public List<TopicPartitions> topics() {
        return Stream.concat(Stream.of(records, registers), growing.stream()).toList();
    }

    public List<String> topicNames() {
        return topics().stream().map(TopicPartitions::topic).toList();
    }
}
