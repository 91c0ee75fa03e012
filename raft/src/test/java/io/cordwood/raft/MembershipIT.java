package io.cordwood.raft;

import static io.cordwood.raft.NodeWorld.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.NodeState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Who is a member of a cluster: at its formation, behind restarts, and who comes later. */
class MembershipIT {
    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    @Test
    void clusterIsFormedWhenAllInitialNodesAnswerAndNotBefore() throws Exception {
        world.start(1, world.list(1, 2, 3));
        world.start(2, world.list(1, 2, 3));
        assertThatThrownBy(() -> world.node(1).joined().get(2, TimeUnit.SECONDS))
                .isInstanceOf(TimeoutException.class);
        assertThat(directory.resolve("node-1/node.json")).doesNotExist();

        world.start(3, world.list(1, 2, 3));
        world.awaitJoined(1, 2, 3);

        assertThat(world.image(2).clusterId()).isEqualTo(world.image(1).clusterId());
        assertThat(world.image(3).clusterId()).isEqualTo(world.image(1).clusterId());
        assertThat(world.image(1).clusterId()).matches("[A-Za-z0-9_-]{22}");
        assertThat(directory.resolve("node-1/node.json")).exists();
        assertThat(directory.resolve("node-1/forming.json")).doesNotExist();
    }

    @Test
    void nodesWithDifferentListsNeverForm() throws Exception {
        world.start(1, world.list(1, 2));
        world.start(2, world.list(1, 2, 3));

        assertThatThrownBy(() -> world.node(1).joined().get(2, TimeUnit.SECONDS))
                .isInstanceOf(TimeoutException.class);
        assertThat(directory.resolve("node-1/raft")).doesNotExist();
    }

    @Test
    void majorityIsEnoughAfterARestartAndTheDeadNodeIsSeen() throws Exception {
        world.startThree();
        world.createTopic(1, "orders", 3, 3);
        world.await(
                "groups",
                () -> world.host(1).open.size() == 3 && world.host(2).open.size() == 3);
        stopThree();

        world.start(1, world.list(1, 2, 3));
        world.start(2, world.list(1, 2, 3));
        world.awaitJoined(1, 2);

        assertThat(world.host(1).prepared).hasSize(3);
        world.createTopic(1, "more", 1, 3);
        world.awaitImage(2, "node 3 dead", image -> image.node(3).orElseThrow().state() == NodeState.DEAD);
        var refused = (MetadataResult.Refused) world.tryCreateTopic(1, "too-wide", 1, 3);
        assertThat(refused.reason()).isEqualTo(Reason.INVALID_REPLICATION_FACTOR);
        world.start(3, world.list(1, 2, 3));
        world.awaitJoined(3);
        world.await("the new topic on node 3", () -> world.host(3).open.size() == 4);
    }

    @Test
    void leaderOfMetadataMayGo() throws Exception {
        world.startThree();
        int leader = world.metadataLeader();
        world.stop(leader);
        int other = leader == 1 ? 2 : 1;

        world.createTopic(other, "orders", 1, 2);
        var current = world.node(other).metadata().currentImage().get(10, TimeUnit.SECONDS);
        assertThat(current.topic("orders")).isPresent();
    }

    /** Ratis takes it for a follower when it joins, which stands for election where there is no leader. */
    @Test
    void addedNodeWithoutAVoteOutlivesALossOfTheMajority() throws Exception {
        world.startThree();
        world.start(4, world.list(1, 2, 3));
        world.submit(2, new MetadataCommand.AddNode(4, world.address(4)));
        world.awaitJoined(4);

        world.stop(world.metadataLeader());
        world.stop(world.metadataLeader());
        await().during(Duration.ofSeconds(4)).atMost(PATIENCE).until(world.halts::isEmpty);
        for (int id = 1; id <= 3; id++) {
            if (!world.runs(id)) {
                world.start(id, world.list(1, 2, 3));
            }
        }

        world.createTopic(4, "wide", 1, 4);
        world.await("the group on node 4", () -> world.host(4).open.size() == 1);
    }

    @Test
    void addedNodeJoinsAndTakesReplicas() throws Exception {
        world.startThree();
        world.createTopic(1, "orders", 1, 3);
        world.start(4, world.list(1, 2, 3));
        assertThatThrownBy(() -> world.node(4).joined().get(1, TimeUnit.SECONDS))
                .isInstanceOf(TimeoutException.class);

        world.submit(2, new MetadataCommand.AddNode(4, world.address(4)));
        world.awaitJoined(4);

        world.awaitImage(4, "topic", image -> image.topic("orders").isPresent());
        assertThat(world.image(4).node(4).orElseThrow().voter()).isFalse();
        world.createTopic(4, "wide", 2, 4);
        assertThat(world.node(4)
                        .metadata()
                        .currentImage()
                        .get(10, TimeUnit.SECONDS)
                        .topic("wide"))
                .isPresent();
        world.await("groups on node 4", () -> world.host(4).open.size() == 2);
        world.stop(4);
        world.start(4, world.list(1, 2, 3));
        world.awaitJoined(4);
    }

    @Test
    void nodeThatLostItsDirectoryWithAnOldProgramIsReplacedByOneOfANewer() throws Exception {
        world.runProgramOf(1, 2);
        world.start(1, world.list(1, 2, 3));
        world.start(2, world.list(1, 2, 3));
        world.runProgramOf(1, 1);
        world.start(3, world.list(1, 2, 3));
        world.awaitJoined(1, 2, 3);
        assertThat(world.image(1).featureLevel()).isEqualTo(1);
        giveUpThird(directory.resolve("first"));
        assertThat(world.image(1).featureLevel()).isEqualTo(2);

        world.runProgramOf(1, 2);
        world.start(3, world.list(1, 2, 3));
        world.awaitJoined(3);
        giveUpThird(directory.resolve("second"));
        Files.move(directory.resolve("first"), directory.resolve("node-3"));

        // The others say so when it asks at its start, or, where they do not answer in time, when it registers.
        assertThatThrownBy(() -> {
                    world.start(3, world.list(1, 2, 3));
                    world.awaitJoined(3);
                })
                .satisfiesAnyOf(
                        refusal -> assertThat(refusal).isInstanceOf(StartRefusedException.class),
                        refusal -> assertThat(refusal).hasRootCauseInstanceOf(StartRefusedException.class));
        if (world.runs(3)) {
            world.stop(3);
        }
        world.halts.clear(); // it may have heard by other ways, too, that it is no member
    }

    /** @param aside where its directory is from then on */
    private void giveUpThird(Path aside) throws Exception {
        var incarnation = world.image(1).node(3).orElseThrow().incarnation();
        world.stop(3);
        Files.move(directory.resolve("node-3"), aside);
        world.awaitImage(1, "node 3 dead", image -> image.node(3).orElseThrow().state() == NodeState.DEAD);
        assertThat(world.submit(1, new MetadataCommand.ReplaceNode(3, incarnation)))
                .isInstanceOf(MetadataResult.Done.class);
        world.awaitImage(
                1, "node 3 expected", image -> image.node(3).orElseThrow().state() == NodeState.EXPECTED);
    }

    private void stopThree() throws IOException {
        for (int id = 1; id <= 3; id++) {
            world.stop(id);
        }
    }
}
