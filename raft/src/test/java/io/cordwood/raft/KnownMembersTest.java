package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownMembersTest {
    /** Each entry has a file of its own in the raft log, so that a purge leaves none behind. */
    private static final LogUpkeep UPKEEP = new LogUpkeep(1 << 30, Duration.ofDays(1), 1, 128, 1, 0);

    @TempDir
    Path directory;

    private PartitionCluster cluster;
    private PartitionNodeFixture follower;

    @BeforeEach
    void start() throws IOException {
        cluster = PartitionCluster.start(directory, 3, 1 << 20, UPKEEP);
        cluster.appendSurely(batch("a"));
        cluster.appendSurely(batch("b"));
        cluster.awaitHighWatermark(2);
        follower = cluster.othersThan(cluster.leader()).get(0);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    /** What Ratis gets of a message to the follower. */
    private <Q> Q passed(Q message) {
        var members = new KnownMembers();
        members.of(follower.server());
        var passed = new ArrayList<Q>();
        var sent = new ArrayList<Object>();
        members.interceptCall(
                        new RecordedCall<Q>(sent), new Metadata(), (call, headers) -> new ServerCall.Listener<Q>() {
                            @Override
                            public void onMessage(Q received) {
                                passed.add(received);
                            }
                        })
                .onMessage(message);
        assertThat(sent).isEmpty();
        assertThat(passed).hasSize(1);
        return passed.get(0);
    }

    private LogEntryProto ownMembers() throws IOException {
        var conf = follower.server().getDivision(cluster.group.getGroupId()).getRaftConf();
        return LogProtoUtils.toLogEntryProto(conf, 1L, conf.getLogEntryIndex());
    }

    private InstallSnapshotRequestProto notification(ByteString group, LogEntryProto members) {
        return InstallSnapshotRequestProto.newBuilder()
                .setServerRequest(RaftRpcRequestProto.newBuilder()
                        .setRaftGroupId(RaftGroupIdProto.newBuilder().setId(group)))
                .setLeaderTerm(Long.MAX_VALUE)
                .setLastRaftConfigurationLogEntryProto(members)
                .build();
    }

    @Test
    void membersThatTheReplicaHasDoNotPass() throws IOException {
        var known = notification(cluster.group.getGroupId().toByteString(), ownMembers());

        assertThat(passed(known))
                .isEqualTo(known.toBuilder()
                        .clearLastRaftConfigurationLogEntryProto()
                        .build());
    }

    @Test
    void membersOfALeaderThatIsDeposedDoNotPass() throws IOException {
        var own = ownMembers();
        var newer = own.toBuilder().setIndex(own.getIndex() + 1).build();
        var old = notification(cluster.group.getGroupId().toByteString(), newer).toBuilder()
                .setLeaderTerm(0)
                .build();

        assertThat(passed(old).hasLastRaftConfigurationLogEntryProto()).isFalse();
    }

    /** Behind a catch-up nothing else would bring them into the file. */
    @Test
    void membersThatAreNotInTheFilePass() throws IOException {
        var known = notification(cluster.group.getGroupId().toByteString(), ownMembers());
        var file = follower.raftGroup().resolve(RaftLogScan.CURRENT).resolve(RaftMeta.MEMBERS_FILE);
        var kept = LogEntryProto.parseFrom(Files.readAllBytes(file));

        Files.write(file, kept.toBuilder().setIndex(kept.getIndex() + 1).build().toByteArray());
        assertThat(passed(known)).isSameAs(known);

        Files.delete(file);
        assertThat(passed(known)).isSameAs(known);
    }

    @Test
    void allElsePasses() throws IOException {
        var group = cluster.group.getGroupId().toByteString();
        var own = ownMembers();
        var others = own.getConfigurationEntry().toBuilder().removePeers(0);
        var moved = own.getConfigurationEntry().toBuilder();
        moved.getPeersBuilder(0).setAddress("127.0.0.1:1");

        for (Object message : List.of(
                notification(group, own.toBuilder().setIndex(own.getIndex() + 1).build()),
                notification(
                        group, own.toBuilder().setConfigurationEntry(others).build()),
                notification(group, own.toBuilder().setConfigurationEntry(moved).build()),
                notification(ByteString.copyFrom(new byte[16]), own),
                notification(ByteString.copyFrom(new byte[3]), own),
                InstallSnapshotRequestProto.getDefaultInstance(),
                "another")) {
            assertThat(passed(message)).isSameAs(message);
        }
    }

    /** Ratis writes the file of the members where it puts them in. */
    @Test
    void catchUpLeavesTheMembersOfTheReplicaAlone() throws Exception {
        await().atMost(PATIENCE).until(() -> follower.takeCheckpoint() > 0); // its start would write those of its log
        follower.stop();
        for (int i = 0; i < 10; i++) {
            cluster.appendSurely(batch("c" + i));
        }
        long next = RaftLogScan.lastIndex(follower.raftGroup(), 2 << 20).orElse(-1) + 1;
        for (var node : cluster.running()) {
            node.takeCheckpoint();
        }
        var leaderLog = cluster.leader().raftLog();
        await().atMost(PATIENCE).until(() -> leaderLog.getStartIndex() > next);
        var members = follower.raftGroup().resolve(RaftLogScan.CURRENT).resolve(RaftMeta.MEMBERS_FILE);
        var before = Files.readAttributes(members, BasicFileAttributes.class).fileKey();

        follower.start();

        cluster.awaitHighWatermark(12);
        assertThat(follower.catchUps().installations()).isPositive();
        assertThat(Files.readAttributes(members, BasicFileAttributes.class).fileKey())
                .isEqualTo(before);
    }
}
