package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.it.ForceCheck.Publish;
import io.cordwood.it.ForceCheck.Replica;
import io.cordwood.it.ForceLog.Force;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The judge of forces finds acknowledgements that left too early. Times are milliseconds. */
class ForceCheckTest {
    private static final Path PARTITION = Path.of("/data/partitions/t-0");
    private static final Path GROUP = Path.of("/data/raft/g");
    private static final Path SEGMENT = PARTITION.resolve("00000000000000000000.log");
    private static final Path RAFT_LOG = GROUP.resolve("current/log_inprogress_0");
    private static final List<Publish> PUBLISH = List.of(new Publish(0, 1, at(100), at(200)));
    private static final Replica GOOD = node(1, force(SEGMENT, 110, 130), force(RAFT_LOG, 130, 150));
    private static final Replica IDLE = node(3);

    @Test
    void forcesOnMajoritySuffice() {
        assertThat(violations(GOOD, GOOD, IDLE)).isEmpty();
    }

    @Test
    void forcesOnOneNodeAreTooFew() {
        assertThat(violations(GOOD, IDLE, IDLE)).hasSize(1);
    }

    @Test
    void missingSegmentForceIsFound() {
        assertThat(violations(GOOD, node(2, force(RAFT_LOG, 130, 150)), IDLE)).hasSize(1);
    }

    @Test
    void raftLogBeforeSegmentIsFound() {
        assertThat(violations(GOOD, node(2, force(RAFT_LOG, 110, 120), force(SEGMENT, 130, 150)), IDLE))
                .hasSize(1);
    }

    @Test
    void forceAfterTheAcknowledgementIsFound() {
        assertThat(violations(GOOD, node(2, force(SEGMENT, 110, 130), force(RAFT_LOG, 190, 250)), IDLE))
                .hasSize(1);
    }

    @Test
    void forceOfAnotherPartitionDoesNotCount() {
        var other = Path.of("/data/partitions/t-1/00000000000000000000.log");

        assertThat(violations(GOOD, node(2, force(other, 110, 130), force(RAFT_LOG, 130, 150)), IDLE))
                .hasSize(1);
    }

    private static List<String> violations(Replica... replicas) {
        return new ForceCheck(List.of(replicas)).violations(PUBLISH);
    }

    private static Replica node(int id, Force... forces) {
        return new Replica(id, new ForceLog(List.of(forces)), PARTITION, GROUP);
    }

    private static Force force(Path file, long beginMs, long endMs) {
        return new Force(file, at(beginMs), at(endMs));
    }

    private static Instant at(long ms) {
        return Instant.ofEpochMilli(ms);
    }
}
