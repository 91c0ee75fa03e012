package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.Cause;
import io.cordwood.proto.v1.CauseCode;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribeClusterResponse;
import io.cordwood.proto.v1.ExplainRequest;
import io.cordwood.proto.v1.ExplainedGroup;
import io.cordwood.proto.v1.ExplainedTopic;
import io.cordwood.proto.v1.GroupPartition;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.GroupSettings;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.proto.v1.MemberPing;
import io.cordwood.proto.v1.MemberProgress;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds a group and a topic back on three nodes in one JVM, of which one after the other stops. */
final class ExplainIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration SESSION = Duration.ofMinutes(5);

    @TempDir
    Path directory;

    private RunningServers servers;

    @BeforeEach
    void startNodes() throws Exception {
        servers = RunningServers.start(directory, 3);
        await().atMost(PATIENCE).until(() -> described(1).getFeatureLevel() == 4);
        TopicServiceGrpc.newBlockingStub(servers.channel(1))
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .createTopic(CreateTopicRequest.newBuilder()
                        .setName("orders")
                        .setPartitionCount(1)
                        .setReplicationFactor(3)
                        .build());
        DataServiceGrpc.newBlockingStub(servers.channel(1))
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .produce(ProduceRequest.newBuilder()
                        .setTopic("orders")
                        .addRecords(NewRecord.newBuilder()
                                .setValue(RecordContent.newBuilder().setText("value")))
                        .build());
    }

    @AfterEach
    void stopNodes() {
        servers.close();
    }

    private ClusterServiceGrpc.ClusterServiceBlockingStub cluster(int node) {
        return ClusterServiceGrpc.newBlockingStub(servers.channel(node))
                .withWaitForReady()
                .withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private DescribeClusterResponse described(int node) {
        return cluster(node).describeCluster(DescribeClusterRequest.getDefaultInstance());
    }

    private int leader() {
        return await().atMost(PATIENCE)
                .until(() -> described(1), DescribeClusterResponse::hasMetadataLeader)
                .getMetadataLeader();
    }

    private List<CauseCode> explain(int node, ExplainRequest.Builder request) {
        return cluster(node).explain(request.build()).getCausesList().stream()
                .map(Cause::getCode)
                .toList();
    }

    private static ExplainRequest.Builder group() {
        return ExplainRequest.newBuilder().setGroup(ExplainedGroup.newBuilder().setGroup("payments"));
    }

    private static ExplainRequest.Builder topic() {
        return ExplainRequest.newBuilder().setTopic(ExplainedTopic.newBuilder().setTopic("orders"));
    }

    /** A member that has paused what it was given. It pings but once: its session is longer than the test. */
    private final class PausedMember implements StreamObserver<JoinGroupResponse> {
        private final StreamObserver<JoinGroupRequest> requests;
        private final List<AssignedPartition> assigned = new CopyOnWriteArrayList<>();
        private volatile boolean ended;

        PausedMember(int node) {
            requests = GroupServiceGrpc.newStub(servers.channel(node)).joinGroup(this);
            requests.onNext(JoinGroupRequest.newBuilder()
                    .setHello(MemberHello.newBuilder()
                            .setGroup("payments")
                            .setMemberId("a")
                            .setSettings(GroupSettings.newBuilder()
                                    .setSessionTimeout(com.google.protobuf.Duration.newBuilder()
                                            .setSeconds(SESSION.toSeconds())))
                            .addTopics("orders"))
                    .build());
        }

        @Override
        public void onNext(JoinGroupResponse answer) {
            for (var partition : answer.getAssignment().getAssignedList()) {
                assigned.add(partition);
                requests.onNext(JoinGroupRequest.newBuilder()
                        .setPing(MemberPing.newBuilder()
                                .setMemberEpoch(answer.getAssignment().getMemberEpoch())
                                .addHeld(MemberProgress.newBuilder()
                                        .setPartition(
                                                GroupPartition.newBuilder().setTopicId(partition.getTopicId()))
                                        .setPaused(true)))
                        .build());
            }
        }

        boolean hasNothing() {
            return ended || assigned.isEmpty();
        }

        @Override
        public void onError(Throwable failure) {
            ended = true;
        }

        @Override
        public void onCompleted() {
            ended = true;
        }
    }

    @Test
    void everyNodeExplainsWhatHoldsAGroupBackUntilTheLastOneStandsAlone() throws Exception {
        await().atMost(PATIENCE).until(() -> explain(leader(), topic()).isEmpty());
        var members = new CopyOnWriteArrayList<PausedMember>();
        // Until the leader, which may be another one then, coordinates groups it refuses members, and there is no
        // such group.
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
                .until(() -> {
                    if (members.isEmpty() || members.get(members.size() - 1).hasNothing()) {
                        members.add(new PausedMember(leader()));
                    }
                    return Stream.of(1, 2, 3)
                            .allMatch(node -> explain(node, group()).equals(List.of(CauseCode.CAUSE_CODE_PAUSED)));
                });
        int leader = leader();
        var others = Stream.of(1, 2, 3).filter(node -> node != leader).toList();

        servers.stop(others.get(0));
        await().atMost(PATIENCE).until(() -> explain(leader, topic()).contains(CauseCode.CAUSE_CODE_UNDER_REPLICATED));
        await().atMost(PATIENCE)
                .until(() -> explain(leader, ExplainRequest.newBuilder().setNodeId(others.get(0)))
                        .equals(List.of(CauseCode.CAUSE_CODE_NODE_DEAD)));

        servers.stop(others.get(1));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(explain(leader, group()))
                        .startsWith(CauseCode.CAUSE_CODE_NO_METADATA_LEADER, CauseCode.CAUSE_CODE_NO_MAJORITY));
    }
}
