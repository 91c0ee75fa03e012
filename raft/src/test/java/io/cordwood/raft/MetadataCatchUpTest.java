package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.NodeState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Members of the metadata group that the leader's raft log does not reach back to. */
class MetadataCatchUpTest {
    private static final int COMMANDS = 60;

    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    @BeforeEach
    void snapshotOften() {
        // A snapshot each second in which anything was applied, and nearly nothing kept behind it.
        world.upkeep(new LogUpkeep(1 << 30, Duration.ofMillis(100), 0, 1 << 10, 1, 2));
    }

    /** Commands that change little: the number of producer ids given out. */
    private void submitMany() throws Exception {
        for (int i = 0; i < COMMANDS; i++) {
            world.submit(1, new MetadataCommand.AllocateProducerIds(1));
        }
    }

    private void awaitPurgeBeyond(int id, long follower) {
        world.await("a purge on node " + id, () -> firstIndex(id) > follower + 1);
    }

    private long firstIndex(int id) throws IOException {
        return world.node(id).metadataRaftLog().getStartIndex();
    }

    private long lastIndex(int id) throws IOException {
        return RaftLogScan.lastIndex(world.metadataRaftGroup(id), 2 << 20).orElse(-1);
    }

    @Test
    void voterBehindThePurgeCatchesUpWhilePartitionsTakeAllThreadsOfTheirs() throws Exception {
        world.startThree();
        world.createTopic(1, "before", 1, 3);
        int leader = world.metadataLeader();
        int follower = leader == 3 ? 2 : 3;
        world.stop(follower);
        submitMany();
        awaitPurgeBeyond(leader, lastIndex(follower));

        world.partitionsCatchUpForEver();
        world.start(follower, world.list(1, 2, 3));
        world.awaitJoined(follower);

        assertThat(world.node(follower).catchUps().installations()).isPositive();
        world.awaitImage(
                follower, "all", image -> image.index() >= world.image(leader).index());
        assertThat(world.image(follower).topic("before")).isPresent();
        // It may have been found dead while it was stopped, and a topic wants three nodes that are alive.
        world.awaitImage(
                leader,
                "the follower alive",
                image -> image.node(follower).orElseThrow().state() == NodeState.ALIVE);
        world.createTopic(follower, "after", 1, 3);
        world.awaitImage(leader, "after", image -> image.topic("after").isPresent());
    }

    @Test
    void newListenerGetsTheSnapshotAndOneThatWasAwayCatchesUp() throws Exception {
        world.startThree();
        world.createTopic(1, "before", 1, 3);
        submitMany();
        awaitPurgeBeyond(world.metadataLeader(), 0);

        world.submit(2, new MetadataCommand.AddNode(4, world.address(4)));
        world.start(4, world.list(1, 2, 3));
        world.awaitJoined(4);

        assertThat(world.node(4).catchUps().installations()).isPositive();
        assertThat(world.image(4).topic("before")).isPresent();
        world.stop(4);
        submitMany();
        awaitPurgeBeyond(world.metadataLeader(), lastIndex(4));
        world.start(4, world.list(1, 2, 3));
        world.awaitJoined(4);
        assertThat(world.node(4).catchUps().installations()).isPositive();
        world.createTopic(4, "after", 1, 3);
        world.awaitImage(4, "after", image -> image.topic("after").isPresent());
    }
}
