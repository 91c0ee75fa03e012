package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class RaftNodeIT {
    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    @Test
    void topicIsSeenAndItsGroupsAreOpenOnAllNodes() throws Exception {
        world.startThree();

        world.createTopic(2, "orders", 6, 3);

        assertThat(world.image(2).topic("orders")).isPresent();
        for (int id = 1; id <= 3; id++) {
            int node = id;
            world.await("groups on node " + id, () -> world.host(node).open.size() == 6);
        }
        world.awaitImage(
                1,
                "leaders as preferred",
                image -> image.topic("orders").stream()
                        .flatMap(topic -> topic.partitions().stream())
                        .allMatch(partition -> partition.leader().equals(OptionalInt.of(partition.preferredLeader()))));
    }

    @Test
    void deletedTopicLeavesNothingOnDisk() throws Exception {
        world.startThree();
        world.createTopic(1, "orders", 2, 3);
        world.await("groups", () -> world.host(3).open.size() == 2);
        var topic = world.image(1).topic("orders").orElseThrow();
        world.awaitImage(
                1,
                "leaders",
                image -> image.topic("orders").orElseThrow().partitions().stream()
                        .allMatch(partition -> partition.leader().isPresent()));

        world.submit(1, new MetadataCommand.DeleteTopic(topic.topicId()));

        world.await("removal", () -> world.host(3).open.isEmpty());
        world.await(
                "empty directories",
                () -> isEmpty(directory.resolve("node-3/partitions"))
                        && !Files.exists(directory.resolve("node-3/trash")));
        assertThat(directory.resolve("node-3/raft/" + topic.partitions().get(0).raftGroupId()))
                .doesNotExist();
    }

    @Test
    void nodeFindsOutFromTimeToTimeWhetherItsDiskWorks() throws Exception {
        world.start(1, world.list(1));
        world.awaitJoined(1);

        var probe = directory.resolve("node-1").resolve(DiskProbe.FILE_NAME);
        world.await("the probe", () -> Files.exists(probe) && Files.size(probe) > 0);
    }

    @Test
    void groupThatCannotBeOpenedHoldsUpNoOther() throws Exception {
        world.startThree();
        world.host(3).failingTopics.add("broken");
        world.createTopic(1, "broken", 2, 3);
        world.await("a failure", () -> !world.host(3).removed.isEmpty());

        world.createTopic(1, "orders", 4, 3);

        world.await("the others", () -> world.host(3).open.size() == 4);
        world.host(3).failingTopics.clear();
        world.await("all of them", () -> world.host(3).open.size() == 6);
    }

    @Test
    void producerIdsAreNeverHandedOutTwice() throws Exception {
        world.startThree();
        var ids = new HashSet<Long>();

        for (int i = 0; i < 1500; i++) {
            ids.add(world.node(1 + i % 3).producerIds().next().get(10, TimeUnit.SECONDS));
        }

        assertThat(ids).hasSize(1500);
    }

    private static boolean isEmpty(Path path) throws IOException {
        try (var entries = Files.list(path)) {
            return entries.findAny().isEmpty();
        }
    }
}
