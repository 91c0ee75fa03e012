package io.cordwood.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** The texts were printed by the tools of Kafka 4.3.1. */
class KafkaOutputTest {
    private static final String PRODUCED = """
            Warmup first 100000 records. Steady state results will print after the complete test summary.
            13569 records sent, 2711.1 records/sec (2.59 MB/sec), 2503.5 ms avg latency, 3685.0 ms max latency.
            In steady state.
            71680 records sent, 14321.7 records/sec (13.66 MB/sec), 2557.6 ms avg latency, 3512.0 ms max latency.
            200000 records sent, 9980.039920 records/sec (9.52 MB/sec), 2780.13 ms avg latency, 4298.00 ms max latency, \
            2737 ms 50th, 3765 ms 95th, 4139 ms 99th, 4261 ms 99.9th.
            """;
    private static final String STEADY = """
            100000 steady state records sent, 9185.266832 records/sec (8.76 MB/sec), 2542.31 ms avg latency, \
            4100.00 ms max latency, 2448 ms 50th, 3430 ms 95th, 3946 ms 99th, 4039 ms 99.9th.
            """;
    private static final String CONSUMED = """
            start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, \
            fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec
            2026-11-21 01:10:42:140, 2026-11-21 01:10:46:978, 190.7349, 39.4243, 200000, 41339.3964, 3052, 1786, \
            106.7944, 111982.0829
            """;
    private static final String MEMBERS = """

            GROUP                  CONSUMER-ID                                               HOST            \
            CLIENT-ID            #PARTITIONS
            reader-of-consume-tail perf-consumer-client-9e247854-0d15-4076-a2a7-de65e4d962fe /127.0.0.1      \
            perf-consumer-client 6
            """;

    @Test
    void producedTakesTheWholeRunWithoutWarmUp() {
        var produced = KafkaOutput.produced(PRODUCED);

        assertThat(produced.require("records")).isEqualTo(200_000);
        assertThat(produced.require("recordsPerSecond")).isEqualTo(9980.03992);
        assertThat(produced.require("p50Ms")).isEqualTo(2737);
    }

    @Test
    void producedTakesTheSteadyStateWhereThereIsOne() {
        var produced = KafkaOutput.produced(PRODUCED + STEADY);

        assertThat(produced.require("records")).isEqualTo(100_000);
        assertThat(produced.require("megabytesPerSecond")).isCloseTo(9.185, within(0.01));
        assertThat(produced.require("meanMs")).isEqualTo(2542.31);
        assertThat(produced.require("maxMs")).isEqualTo(4100);
        assertThat(produced.require("p99Ms")).isEqualTo(3946);
        assertThat(produced.require("p999Ms")).isEqualTo(4039);
    }

    @Test
    void consumedLeavesOutTheTimeToJoin() {
        var consumed = KafkaOutput.consumed(CONSUMED);

        assertThat(consumed.require("records")).isEqualTo(200_000);
        assertThat(consumed.require("megabytesPerSecond")).isCloseTo(111.98, within(0.01));
        assertThat(consumed.require("recordsPerSecond")).isEqualTo(111_982.0829);
        assertThat(consumed.require("endMs") % 60_000).isEqualTo(46_978);
    }

    @Test
    void endToEndIsRead() {
        var found = KafkaOutput.endToEnd("""
                0\t107.04325999999999
                Avg latency: 5.3323 ms
                Percentiles: 50th = 3, 99th = 34, 99.9th = 107
                """);

        assertThat(found.require("meanMs")).isEqualTo(5.3323);
        assertThat(found.require("p50Ms")).isEqualTo(3);
        assertThat(found.require("p99Ms")).isEqualTo(34);
    }

    @Test
    void leaderOfPartitionZeroIsRead() {
        assertThat(KafkaOutput.leader("""
                Topic: t\tTopicId: SOUltmHFQFWAhEv8IfX6Jw\tPartitionCount: 2\tReplicationFactor: 3
                \tTopic: t\tPartition: 0\tLeader: 2\tReplicas: 2,3,1\tIsr: 2,3,1
                \tTopic: t\tPartition: 1\tLeader: 3\tReplicas: 3,1,2\tIsr: 3,1,2
                """)).isEqualTo(2);
    }

    @Test
    void partitionsOfAGroupAreCounted() {
        assertThat(KafkaOutput.assignedPartitions(MEMBERS, "reader-of-consume-tail"))
                .isEqualTo(6);
        assertThat(KafkaOutput.assignedPartitions(MEMBERS, "reader-of-consume")).isZero();
    }

    @Test
    void groupThatIsNotThereHasNoPartitions() {
        var text = """

                Error: Executing consumer group command failed due to \
                org.apache.kafka.common.errors.GroupIdNotFoundException: Group reader-of-consume-tail not found.
                """;

        assertThat(KafkaOutput.assignedPartitions(text, "reader-of-consume-tail"))
                .isZero();
    }

    @Test
    void memberWithoutAssignmentHasNoPartitions() {
        assertThat(KafkaOutput.assignedPartitions(MEMBERS.replace("client 6", "client 0"), "reader-of-consume-tail"))
                .isZero();
    }

    @Test
    void otherTextIsQuoted() {
        var text = "org.apache.kafka.common.errors.TimeoutException: no nodes";

        assertThatThrownBy(() -> KafkaOutput.produced(text)).hasMessageContaining(text);
        assertThatThrownBy(() -> KafkaOutput.consumed(text)).hasMessageContaining(text);
        assertThatThrownBy(() -> KafkaOutput.endToEnd(text)).hasMessageContaining(text);
        assertThatThrownBy(() -> KafkaOutput.leader(text)).hasMessageContaining(text);
    }
}
