package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeState;
import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a node does that lost its data directories, or had them given up. */
class LostDirectoryIT {
    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    /** Its heir may have confirmed what nobody else has, and is away: a third one that lags must not get its vote. */
    @Test
    void directoriesThatWereGivenUpAreRefusedWhileTheHeirIsAway() throws Exception {
        world.startThree();
        int replaced = world.metadataLeader() % 3 + 1;
        int third = replaced % 3 + 1;
        replace(replaced, third, "node-" + replaced, "second");
        replace(replaced, third, "second", "heir");
        for (int id = 1; id <= 3; id++) {
            if (id != third) {
                world.stop(id);
            }
        }

        for (String name : List.of("node-" + replaced, "second")) {
            var givenUp = world.config(replaced, world.list(1, 2, 3), directory.resolve(name));
            assertThatThrownBy(() -> world.start(givenUp))
                    .as(name)
                    .isInstanceOf(StartRefusedException.class)
                    .hasMessageContainingAll("by another data directory", "replace-node " + replaced);
        }
        world.start(world.config(replaced, world.list(1, 2, 3), directory.resolve("heir")));
        world.awaitJoined(replaced);
    }

    private void replace(int id, int by, String lost, String heir) throws Exception {
        var incarnation = new IdentityFiles(new NioDisk(), directory.resolve(lost))
                .readNode()
                .orElseThrow()
                .incarnation();
        world.stop(id);
        world.awaitImage(
                by, "the node dead", image -> image.node(id).orElseThrow().state() == NodeState.DEAD);
        assertThat(world.submit(by, new MetadataCommand.ReplaceNode(id, incarnation)))
                .isInstanceOf(MetadataResult.Done.class);
        world.start(world.config(id, world.list(1, 2, 3), directory.resolve(heir)));
        world.awaitJoined(id);
        world.awaitImage(by, "the heir", image -> !image.node(id).orElseThrow().isAwaited());
        world.await("the end of the change of members", () -> membersOf(by).getOldPeersCount() == 0);
    }

    /** As they were applied: while they change, a majority of the old ones is needed, too. */
    private RaftConfigurationProto membersOf(int node) throws IOException {
        var file = world.metadataRaftGroup(node).resolve(RaftLogScan.CURRENT).resolve(RaftMeta.MEMBERS_FILE);
        return LogEntryProto.parseFrom(Files.readAllBytes(file)).getConfigurationEntry();
    }

    /** What only the leader and this follower had must not be voted away by it (RATIS-2523). */
    @Test
    void followerThatLostItsDirectoriesDoesNotVote() throws Exception {
        world.startThree();
        int leader = world.metadataLeader();
        int wiped = leader % 3 + 1;
        int behind = wiped % 3 + 1;
        world.stop(behind);
        world.createTopic(leader, "acknowledged", 1, 2);
        world.stop(wiped);
        world.stop(leader);
        var data = directory.resolve("node-" + wiped);
        Files.move(data.resolve("raft"), directory.resolve("lost-raft"));
        assertThatThrownBy(() -> world.start(wiped, world.list(1, 2, 3))).isInstanceOf(StartRefusedException.class);
        Files.move(data, directory.resolve("lost-data"));

        world.start(behind, world.list(1, 2, 3));
        var empty = world.start(wiped, world.list(1, 2, 3));

        assertThatThrownBy(() -> empty.joined().get(3, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        assertThat(world.node(behind).metadata().leaderNodeId()).isEmpty();
        assertThat(data.resolve("raft")).doesNotExist();
        world.start(leader, world.list(1, 2, 3));
        world.awaitImage(
                behind, "the topic", image -> image.topic("acknowledged").isPresent());
    }
}
