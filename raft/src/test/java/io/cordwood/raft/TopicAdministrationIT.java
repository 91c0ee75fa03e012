package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metadata.MetadataCommand.AddPartitions;
import io.cordwood.metadata.MetadataCommand.AlterTopicConfig;
import io.cordwood.metadata.MetadataCommand.DeleteTopic;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.store.NioDisk;
import io.cordwood.store.PartitionId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What nodes do when a topic, or the programs of the cluster, change. */
class TopicAdministrationIT {
    private static final Duration TRANSFER = Duration.ofSeconds(2);

    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3);

    @Test
    void openReplicasTakeChangedSettingsAndNewPartitionsOpen() throws Exception {
        world.start(1, world.list(1));
        world.awaitJoined(1);
        world.createTopic(1, "orders", 2, 1);
        world.await("groups", () -> world.host(1).open.size() == 2);
        var topicId = world.image(1).topic("orders").orElseThrow().topicId();
        var settings = new TreeMap<>(Map.of("segment.bytes", "4096"));

        world.submit(1, new AlterTopicConfig(topicId, settings, new TreeSet<>()));
        world.submit(1, new AddPartitions(topicId, 4, List.of(UUID.randomUUID(), UUID.randomUUID())));

        world.await(
                "settings of four partitions",
                () -> world.host(1).open.size() == 4
                        && world.host(1).open.values().stream()
                                .allMatch(placement -> placement.settings().equals(settings)));
        var files = new GroupFiles(new NioDisk(), directory.resolve("node-1"));
        world.await(
                "settings for the next start",
                () -> files.readAll().values().stream()
                        .allMatch(group -> group.placement().settings().equals(settings)));
    }

    @Test
    void newTopicsAndSettingsDoNotWaitForTheFilesOfADeletedOne() throws Exception {
        world.start(1, world.list(1));
        world.awaitJoined(1);
        world.createTopic(1, "large", 1, 1);
        world.createTopic(1, "kept", 1, 1);
        world.await("groups", () -> world.host(1).open.size() == 2);
        var deletion = world.disk.holdBefore(HoldingDisk.Operation.DELETE, "/group");
        world.submit(1, new DeleteTopic(topicId("large")));
        world.await("a file on its way out", deletion::isReached);
        var settings = new TreeMap<>(Map.of("segment.bytes", "4096"));

        world.createTopic(1, "new", 1, 1);
        world.submit(1, new AlterTopicConfig(topicId("kept"), settings, new TreeSet<>()));

        world.await(
                "a new topic and new settings",
                () -> world.host(1).open.values().stream()
                        .map(GroupPlacement::settings)
                        .collect(Collectors.toSet())
                        .equals(Set.of(settings, new TreeMap<>())));
        assertThat(directory.resolve("node-1/trash")).isNotEmptyDirectory();
        deletion.release();
        world.await("empty trash", () -> !Files.exists(directory.resolve("node-1/trash")));
    }

    private UUID topicId(String topic) {
        return world.image(1).topic(topic).orElseThrow().topicId();
    }

    @Test
    void deletionThatACrashCutShortIsFinishedAtTheNextStart() throws Exception {
        world.start(1, world.list(1));
        world.awaitJoined(1);
        world.createTopic(1, "orders", 1, 1);
        world.awaitImage(1, "leader", image -> partition(1).leader().isPresent());
        var topicId = world.image(1).topic("orders").orElseThrow().topicId();
        var raft = directory.resolve("node-1/raft/" + partition(1).raftGroupId());
        world.stop(1);
        var files = new GroupFiles(new NioDisk(), directory.resolve("node-1"));
        var group = files.readAll().values().iterator().next();
        var meta = Files.readAllBytes(raft.resolve("current/raft-meta"));
        world.start(1, world.list(1));
        world.awaitJoined(1);
        world.submit(1, new DeleteTopic(topicId));
        world.await("removal", () -> !Files.exists(raft) && files.readAll().isEmpty());
        world.stop(1);
        files.write(group.markedDeleted());
        Files.createDirectories(raft.resolve("current"));
        Files.write(raft.resolve("current/raft-meta"), meta);

        world.start(1, world.list(1));

        assertThat(raft).doesNotExist();
        assertThat(files.readAll()).isEmpty();
        assertThat(world.host(1).prepared).isEmpty();
        world.awaitJoined(1);
        world.await("empty trash", () -> !Files.exists(directory.resolve("node-1/trash")));
    }

    @Test
    void leadershipGoesToTheNodeThatIsAskedForAndStaysThere() throws Exception {
        world.startThree();
        world.createTopic(1, "orders", 1, 3);
        world.awaitImage(
                1,
                "preferred leader",
                image ->
                        partition(1).leader().equals(OptionalInt.of(partition(1).preferredLeader())));
        int leader = partition(1).preferredLeader();
        int other = leader % 3 + 1;
        int third = other % 3 + 1;
        var id = new PartitionId(world.image(1).topic("orders").orElseThrow().topicId(), 0);

        assertThat(transfer(other, id, leader)).isEqualTo(new TransferOutcome.NotLeader());
        assertThat(transfer(leader, id, 9))
                .isEqualTo(new TransferOutcome.NotReplica(partition(1).replicas()));
        world.await("a hand-over", () -> transfer(leader, id, other).equals(new TransferOutcome.Done()));

        world.awaitImage(1, "leader", image -> partition(1).leader().equals(OptionalInt.of(other)));
        world.awaitImage(other, "preference", image -> partition(other).preferredLeader() == other);
        assertThat(partition(1).replicas()).containsExactlyInAnyOrder(1, 2, 3);

        world.stop(third);
        world.await("silence", () -> transfer(other, id, third) instanceof TransferOutcome.Silent);
        assertThat(partition(other).preferredLeader()).isEqualTo(other);
    }

    @Test
    void featureLevelRisesWhenTheLastNodeRunsTheNewProgramAndOldOnesStayOut() throws Exception {
        world.runProgramOf(1, 1);
        world.start(1, world.list(1, 2, 3));
        world.runProgramOf(1, 2);
        world.start(2, world.list(1, 2, 3));
        world.start(3, world.list(1, 2, 3));
        world.awaitJoined(1, 2, 3);
        assertThat(world.image(2).featureLevel()).isEqualTo(1);

        world.stop(1);
        world.start(1, world.list(1, 2, 3));
        world.awaitJoined(1);
        world.awaitImage(3, "feature level 2", image -> image.featureLevel() == 2);

        world.stop(3);
        world.runProgramOf(1, 1);
        world.start(3, world.list(1, 2, 3));
        assertThatThrownBy(() -> world.node(3).joined().get(NodeWorld.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .hasCauseInstanceOf(StartRefusedException.class)
                .hasMessageContaining("feature levels is '1 to 1'")
                .hasMessageContaining("the cluster's level 2: run a newer program on node 3");
    }

    private TransferOutcome transfer(int at, PartitionId id, int to) throws Exception {
        return world.node(at)
                .transferLeadership(id, to, TRANSFER)
                .get(NodeWorld.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private PartitionInfo partition(int node) {
        return world.image(node).partition("orders", 0).orElseThrow();
    }
}
