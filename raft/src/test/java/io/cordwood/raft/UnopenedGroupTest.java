package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.LogConfig;
import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A group that Ratis knows and has not opened yet, as many are at once while a node starts or a large topic is created. */
class UnopenedGroupTest {
    @TempDir
    private Path directory;

    private final RaftGroupId id = RaftGroupId.randomId();
    private PartitionNode node;
    private PartitionReplicas replicas;
    private RaftServer server;

    @BeforeEach
    void buildServer() throws IOException {
        Files.createDirectories(directory.resolve("raft"));
        node = PartitionNodeFixture.openShared(directory, new NioDisk(), new UnexpectedHalt());
        replicas = new PartitionReplicas(
                node, LogConfig.defaults(), TopicConfig.DEFAULTS, CompactionLimits.DEFAULT, ScrubLimits.DEFAULT);
        var placement = new GroupPlacement(UUID.randomUUID(), "orders", 0, 0, List.of(1), new TreeMap<>());
        server = serverOf(groupId -> replicas.create(groupId, placement));
    }

    private RaftServer serverOf(StateMachine.Registry machines) throws IOException {
        var port = TestPorts.free(1).get(0);
        var peer =
                RaftPeer.newBuilder().setId("1").setAddress("127.0.0.1:" + port).build();
        return RaftServer.newBuilder()
                .setServerId(peer.getId())
                .setGroup(RaftGroup.valueOf(id, peer))
                .setStateMachineRegistry(machines)
                .setProperties(RatisSettings.of(
                        directory.resolve("raft"),
                        InetSocketAddress.createUnresolved("127.0.0.1", port),
                        1 << 20,
                        new RaftTimings(Duration.ofMillis(300), Duration.ofMillis(600)),
                        LogUpkeep.DEFAULT))
                .setOption(RaftStorage.StartupOption.RECOVER)
                .build();
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        replicas.close();
        node.close();
    }

    @Test
    @SuppressWarnings("NullAway") // the state machine does not look at Ratis' storage
    void deletionOfTrimmedFilesPassesItOver() throws IOException {
        var stateMachine = (PartitionStateMachine) server.getDivision(id).getStateMachine();
        stateMachine.initialize(server, id, null);

        assertThatThrownBy(() -> server.getDivision(id).getRaftLog()).isInstanceOf(IllegalStateException.class);
        assertThatCode(stateMachine::deleteTrimmed).doesNotThrowAnyException();
    }

    @Test
    void metadataGroupSaysWhatItHasToSnapshot() throws IOException {
        assertThat(server.getDivision(id)).isNotNull(); // else Ratis goes on making it behind the close
        server.close();
        var own = new MetadataStateMachine.Own(
                new MetadataSnapshotFile(new NioDisk(), directory),
                node.client().id(),
                () -> true);
        var view = new MetadataView(1);
        var machine = new MetadataStateMachine(own, view, index -> {}, node.catchUps(), new UnexpectedHalt());
        server = serverOf(groupId -> machine);
        var group = new MetadataGroup(
                new RaftGroups(server, node.client(), node.catchUps().terms()), view);
        group.opened(id);
        var info = server.getDivision(id).getInfo();

        assertThat(group.sinceSnapshot()).isEqualTo(MetadataStateMachine.Unsaved.NOTHING);
        machine.notifyTermIndexUpdated(1, 4);

        assertThatThrownBy(info::getLastAppliedIndex).isInstanceOf(IllegalStateException.class);
        assertThat(group.sinceSnapshot()).isEqualTo(new MetadataStateMachine.Unsaved(5, 0));
    }
}
