package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metadata.NodeState;
import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.protocol.RaftGroupId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a node does with data directories that are not its own, or not whole. */
class NodeDirectoryIT {
    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    @Test
    void foreignAndCopiedDirectoriesAreRefused() throws Exception {
        world.startThree();
        world.stop(1);

        // Another node's directory.
        var asNodeTwo = world.config(2, world.list(1, 2, 3), directory.resolve("node-1"));
        assertThatThrownBy(() -> DataDirectory.open(new NioDisk(), asNodeTwo))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("belongs to node 1");
        // A wiped one: the id is known by another incarnation.
        var wiped = world.config(1, world.list(1, 2, 3), directory.resolve("fresh"));
        var node = world.start(wiped);
        assertThatThrownBy(() -> node.joined().get(2, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        assertThat(directory.resolve("fresh/raft")).doesNotExist();
    }

    @Test
    void directoryOfAnotherClusterIsRefused() throws Exception {
        try (var other = new NodeWorld(directory.resolve("other"), 1)) {
            other.start(1, other.list(1));
            other.awaitJoined(1);
        }
        world.startThree();
        world.stop(1);

        var foreign = world.config(1, world.list(1, 2, 3), directory.resolve("other/node-1"));
        var node = world.start(foreign);

        assertThatThrownBy(() -> node.joined().get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(StartRefusedException.class)
                .hasMessageContaining("belongs to cluster");
    }

    @Test
    void directoryOfAnEarlierClusterOfTheSameNodesIsRefusedAndDisturbsNothing() throws Exception {
        world.startThree();
        var earlier = world.image(1).clusterId();
        var earlierGroup = metadataGroup("node-1");
        stopThree();
        for (int id = 1; id <= 3; id++) {
            world.start(fresh(id));
        }
        world.awaitJoined(1, 2, 3);
        var group = metadataGroup("fresh-1");
        assertThat(group).isNotEqualTo(earlierGroup).isEqualTo(metadataGroup("fresh-3"));
        world.stop(3);
        world.createTopic(1, "orders", 1, 2);
        var vote = Files.readString(directory.resolve("fresh-1/raft/" + group + "/current/raft-meta"));

        var node = world.start(3, world.list(1, 2, 3));

        assertThatThrownBy(() -> node.joined().get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(StartRefusedException.class)
                .hasMessageContaining("belongs to cluster " + earlier);
        world.createTopic(2, "more", 1, 2);
        assertThat(directory.resolve("fresh-1/raft/" + group + "/current/raft-meta"))
                .content()
                .isEqualTo(vote);
        world.stop(3);
        world.start(fresh(3));
        world.awaitJoined(3);
        world.awaitImage(3, "all topics", image -> image.topic("more").isPresent());
    }

    @Test
    void directoryInUseAndLostRaftLogsAreRefused() throws Exception {
        try (var single = new NodeWorld(directory.resolve("single"), 1)) {
            single.start(1, single.list(1));
            single.awaitJoined(1);
            assertThatThrownBy(() -> DataDirectory.open(new NioDisk(), single.config(1, single.list(1))))
                    .isInstanceOf(StartRefusedException.class)
                    .hasMessageContaining("in use", "data.dir");
            single.stop(1);
            Files.move(directory.resolve("single/node-1/raft"), directory.resolve("lost"));

            assertThatThrownBy(() -> single.start(1, single.list(1)))
                    .isInstanceOf(StartRefusedException.class)
                    .hasMessageContaining("metadata group");
        }
    }

    /** At this feature level nobody ends its membership: it could vote for the loss of what it had acknowledged. */
    @Test
    void lostRaftLogOfAPartitionIsNotMadeAnewWhileItIsAMember() throws Exception {
        world.runProgramOf(1, 1);
        world.startThree();
        world.createTopic(1, "orders", 1, 3);
        world.await("group", () -> world.host(3).open.size() == 1);
        var id = world.image(1).partition("orders", 0).orElseThrow().raftGroupId();
        // A group counts as made from its mark on.
        var files = new GroupFiles(new NioDisk(), directory.resolve("node-3"));
        world.await("the durable mark", () -> files.readAll().values().stream().allMatch(PartitionGroup::created));
        world.stop(3);
        var config = world.config(3, world.list(1, 2, 3));
        Files.move(CountingHost.raftGroup(config, RaftGroupId.valueOf(id)), directory.resolve("lost-group"));

        world.start(config);
        world.awaitJoined(3);
        // A node that joins again may be taken for dead, as it was while it was away, until it is heard of.
        world.awaitImage(1, "node 3 alive", image -> image.node(3).orElseThrow().state() == NodeState.ALIVE);
        world.createTopic(1, "later", 1, 3);
        world.await("later group", () -> world.host(3).open.size() == 1);

        assertThat(world.host(3).open.values())
                .extracting(GroupPlacement::topic)
                .containsExactly("later");
    }

    /** It is found where the cluster knows the node to be, though the copy was told another address. */
    @Test
    void copyThatWouldRunBesideTheOriginalIsRefused() throws Exception {
        world.startThree();
        world.stop(3);
        ReplicaFiles.copyTree(directory.resolve("node-3"), directory.resolve("copy"));
        world.start(3, world.list(1, 2, 3));
        world.awaitJoined(3);
        Files.deleteIfExists(directory.resolve("copy/metadata/snapshot")); // it would say where the others are, too
        var initialNodes = world.list(1, 2);
        initialNodes.put(3, world.address(4));
        var copy = world.configAt(world.address(4), 3, initialNodes, directory.resolve("copy"));

        assertThatThrownBy(() -> world.start(copy))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("node 3 runs already at " + world.address(3))
                .hasMessageContaining("cordwood cluster add-node");
    }

    @Test
    void nodeWithARestoredOlderDirectoryIsRefused() throws Exception {
        world.keepPartitions();
        world.startThree();
        int leader = world.metadataLeader();
        int restored = leader % 3 + 1;
        world.stop(restored);
        ReplicaFiles.copyTree(directory.resolve("node-" + restored), directory.resolve("backup"));
        world.start(restored, world.list(1, 2, 3));
        world.awaitJoined(restored);
        world.createTopic(leader, "later", 1, 3);
        world.awaitImage(restored, "the topic", image -> image.topic("later").isPresent());
        world.stop(restored);
        assertThat(world.metadataLeader()).isEqualTo(leader);

        var backup = world.config(restored, world.list(1, 2, 3), directory.resolve("backup"));
        assertThatThrownBy(() -> world.start(backup))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContainingAll("it had reached", "entries are lost", "replace-node " + restored);
    }

    private RaftNodeConfig fresh(int id) {
        return world.config(id, world.list(1, 2, 3), directory.resolve("fresh-" + id));
    }

    private UUID metadataGroup(String name) throws IOException {
        return new IdentityFiles(new NioDisk(), directory.resolve(name))
                .readNode()
                .orElseThrow()
                .metadataGroupId();
    }

    private void stopThree() throws IOException {
        for (int id = 1; id <= 3; id++) {
            world.stop(id);
        }
    }
}
