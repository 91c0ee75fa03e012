package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a group when one of its replicas starts with less than it had. */
class QuarantineTest {
    private static final int SEGMENT_BYTES = 2 << 10;
    private static final int RECORDS = 10;

    @TempDir
    Path directory;

    private PartitionCluster cluster;

    @BeforeEach
    void startAndFill() throws Exception {
        cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES);
        for (int i = 0; i < RECORDS; i++) {
            cluster.appendSurely(batch("a" + i));
        }
        cluster.awaitHighWatermark(RECORDS);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private static ReplicaFiles filesOf(PartitionNodeFixture node) {
        return new ReplicaFiles(node.raftGroup(), node.partition());
    }

    @Test
    void damagedReplicaIsGoneAndTheOthersGoOn() throws Exception {
        var victim = cluster.leader();
        victim.stop();
        ReplicaFiles.flipBitInTheMiddle(filesOf(victim).segments().get(0));

        for (int start = 0; start < 2; start++) {
            victim.start();
            assertThat(victim.isQuarantined()).isTrue();
            assertThat(victim.server().getGroupIds()).isEmpty();
            victim.stop();
        }

        assertThat(cluster.appendSurely(batch("later")).baseOffset()).isEqualTo(RECORDS);
        assertThat(cluster.leader().values()).startsWith("a0").endsWith("later");
    }

    /** It would vote a second time in a term that it voted in, and two leaders would follow. */
    @Test
    void replicaThatForgotItsVoteIsSetAside() throws Exception {
        var first = cluster.leader();
        var victim = cluster.othersThan(first).get(0);
        var vote = victim.raftGroup().resolve("current").resolve(RaftMeta.VOTE_FILE);
        victim.stop();
        var earlier = Files.readAllBytes(vote);
        victim.start();
        first.stop();
        cluster.awaitHighWatermark(
                cluster.appendSurely(batch("of a later term")).endOffset());
        first.start();
        victim.stop();
        assertThat(Files.readAllBytes(vote)).isNotEqualTo(earlier);
        Files.write(vote, earlier);

        victim.start();

        assertThat(victim.isQuarantined()).isTrue();
        assertThat(victim.server().getGroupIds()).isEmpty();
        assertThat(cluster.appendSurely(batch("later")).baseOffset()).isEqualTo(RECORDS + 1);
    }

    @Test
    void raftLogCutAboveTheFloorIsFedAgain() throws Exception {
        var victim = cluster.othersThan(cluster.leader()).get(0);
        victim.stop();
        var floor = victim.directory().resolve(DurableFloor.FILE_NAME);
        var earlier = Files.copy(floor, directory.resolve("floor"));
        victim.start();
        long end = cluster.appendSurely(batch("b")).endOffset();
        cluster.awaitHighWatermark(end);
        victim.stop();
        Files.copy(earlier, floor, StandardCopyOption.REPLACE_EXISTING);
        ReplicaFiles.cutBytes(filesOf(victim).openRaftSegment(), 10);

        victim.start();

        assertThat(victim.isQuarantined()).isFalse();
        assertReplicasIdentical();
    }

    @Test
    void headersWithoutBytesAboveTheFloorAreTruncatedByTheLeader() throws Exception {
        try (var network = new Network()) {
            var cutOff = cluster.leader();
            long sound = cutOff.sizeBytes();
            network.isolate(cutOff);
            for (int i = 0; i < 20; i++) {
                var unused = cutOff.replica().append(AppendRequest.of(batch("stale" + i, "x".repeat(200))));
            }
            await().atMost(PATIENCE).until(() -> cutOff.sizeBytes() > sound + 3_000);
            append(cluster.leaderAmong(cluster.othersThan(cutOff)), batch("b"));
            cutOff.stop();
            filesOf(cutOff).cutSegmentsTo(sound);

            cutOff.start();
            assertThat(cutOff.isQuarantined()).isFalse();
            network.heal();

            assertReplicasIdentical();
            assertThat(cutOff.values()).noneMatch(value -> value.startsWith("stale"));
        }
    }

    private void assertReplicasIdentical() throws IOException {
        cluster.awaitHighWatermark(cluster.appendSurely(batch("healed")).endOffset());
        var leader = cluster.leader();
        for (var node : cluster.nodes()) {
            assertThat(ReplicaBytes.of(node)).isEqualTo(ReplicaBytes.of(leader));
            assertThat(node.sizeBytes()).isEqualTo(leader.sizeBytes());
            assertThat(node.halts).isEmpty();
        }
    }
}
