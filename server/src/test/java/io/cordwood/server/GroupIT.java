package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribeClusterResponse;
import io.cordwood.proto.v1.FetchOffsetsRequest;
import io.cordwood.proto.v1.GetLagRequest;
import io.cordwood.proto.v1.GroupOffset;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberCommit;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.proto.v1.MemberPing;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.OffsetCommit;
import io.cordwood.proto.v1.OffsetCommitResult;
import io.cordwood.proto.v1.OffsetReset;
import io.cordwood.proto.v1.PartitionLag;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A consumer group on three nodes in one JVM, through restarts and a new metadata leader. */
final class GroupIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration RETENTION = Duration.ofDays(7);
    private static final String GROUP = "payments";
    private static final String SHOWN = "cordwood_group_lag_records{group=\"payments\",";

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
                        .setPartitionCount(2)
                        .setReplicationFactor(3)
                        .build());
        servers.awaitBalanced("orders");
        produce(5);
    }

    @AfterEach
    void stopNodes() {
        servers.close();
    }

    private DescribeClusterResponse described(int node) {
        return ClusterServiceGrpc.newBlockingStub(servers.channel(node))
                .withWaitForReady()
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .describeCluster(DescribeClusterRequest.getDefaultInstance());
    }

    /** So many records to each partition. */
    private void produce(int records) {
        for (int partition = 0; partition < 2; partition++) {
            var request = ProduceRequest.newBuilder().setTopic("orders").setPartition(partition);
            for (int i = 0; i < records; i++) {
                request.addRecords(NewRecord.newBuilder()
                        .setValue(RecordContent.newBuilder().setText("value")));
            }
            var answer = DataServiceGrpc.newBlockingStub(servers.channel(1))
                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                    .produce(request.build());
            assertThat(answer.getRecordsList()).noneMatch(record -> record.hasError());
        }
    }

    private GroupServiceGrpc.GroupServiceBlockingStub groups(int node) {
        return GroupServiceGrpc.newBlockingStub(servers.channel(node))
                .withWaitForReady()
                .withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private List<Long> fetch(int node) {
        return groups(node)
                .fetchOffsets(FetchOffsetsRequest.newBuilder().setGroup(GROUP).build())
                .getOffsetsList()
                .stream()
                .map(GroupOffset::getOffset)
                .toList();
    }

    private static OffsetCommit offset(int partition, long offset) {
        return OffsetCommit.newBuilder()
                .setTopic("orders")
                .setPartition(partition)
                .setOffset(offset)
                .build();
    }

    /** A member on a stream to one node. */
    private final class Member implements StreamObserver<JoinGroupResponse> {
        private final List<JoinGroupResponse> answers = new CopyOnWriteArrayList<>();
        private final StreamObserver<JoinGroupRequest> requests;
        private volatile boolean ended;

        Member(int node, String memberId, long epoch) {
            requests = GroupServiceGrpc.newStub(servers.channel(node)).joinGroup(this);
            requests.onNext(JoinGroupRequest.newBuilder()
                    .setHello(MemberHello.newBuilder()
                            .setGroup(GROUP)
                            .setMemberId(memberId)
                            .setMemberEpoch(epoch)
                            .addTopics("orders"))
                    .build());
        }

        @Override
        public void onNext(JoinGroupResponse answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable failure) {
            ended = true;
        }

        @Override
        public void onCompleted() {
            ended = true;
        }

        private Stream<JoinGroupResponse> answers() {
            return answers.stream();
        }

        boolean isAssigned() {
            return answers().anyMatch(JoinGroupResponse::hasAssignment);
        }

        MemberAssignment assignment() {
            var all = answers().filter(JoinGroupResponse::hasAssignment).toList();
            return all.get(all.size() - 1).getAssignment();
        }

        void ping() {
            requests.onNext(JoinGroupRequest.newBuilder()
                    .setPing(MemberPing.newBuilder().setMemberEpoch(assignment().getMemberEpoch()))
                    .build());
        }

        List<OffsetCommitResult> commit(long epoch, OffsetCommit... offsets) {
            requests.onNext(JoinGroupRequest.newBuilder()
                    .setCommit(MemberCommit.newBuilder().setMemberEpoch(epoch).addAllOffsets(List.of(offsets)))
                    .build());
            await().atMost(PATIENCE).until(() -> answers().anyMatch(JoinGroupResponse::hasCommitted));
            return answers()
                    .filter(JoinGroupResponse::hasCommitted)
                    .findFirst()
                    .orElseThrow()
                    .getCommitted()
                    .getResultsList();
        }
    }

    /** Whoever leads the metadata takes it; others are asked until one does. */
    private Member joined(String memberId, long epoch, List<Integer> nodes) {
        var tries = new CopyOnWriteArrayList<Member>();
        await().atMost(PATIENCE).until(() -> {
            int node = nodes.get(tries.size() % nodes.size());
            var member = new Member(node, memberId, epoch);
            tries.add(member);
            await().atMost(PATIENCE).until(() -> member.ended || member.isAssigned());
            return member.isAssigned();
        });
        return tries.get(tries.size() - 1);
    }

    @Test
    void committedOffsetsSurviveARestartOfAllNodes() throws Exception {
        var member = joined("a", 0, List.of(1, 2, 3));
        assertThat(member.commit(member.assignment().getMemberEpoch(), offset(0, 3), offset(1, 6)))
                .extracting(OffsetCommitResult::hasError)
                .containsExactly(false, true);
        groups(2)
                .resetOffsets(ResetOffsetsRequest.newBuilder()
                        .setGroup("other")
                        .setCreate(true)
                        .addResets(OffsetReset.newBuilder().setTopic("orders").setTo("latest"))
                        .build());

        servers.stopAll();
        servers.startAll();

        assertThat(fetch(1)).containsExactly(3L);
        assertThat(groups(3)
                        .fetchOffsets(FetchOffsetsRequest.newBuilder()
                                .setGroup("other")
                                .build())
                        .getOffsetsList())
                .extracting(GroupOffset::getOffset)
                .containsExactly(5L, 5L);
        var again = joined("b", 0, List.of(1, 2, 3));
        await().atMost(PATIENCE).until(() -> {
            again.ping();
            return again.assignment().getAssignedCount() == 2; // "a" is not heard of any more
        });
        assertThat(again.assignment().getAssigned(0).getOffset()).isEqualTo(3);
        assertThat(again.assignment().getAssigned(1).hasOffset()).isFalse();
    }

    @Test
    void newMetadataLeaderGoesOnWithTheMembers() throws Exception {
        var member = joined("a", 0, List.of(1, 2, 3));
        long epoch = member.assignment().getMemberEpoch();
        member.commit(epoch, offset(0, 3));
        int leader = described(1).getMetadataLeader();

        servers.stop(leader);

        await().atMost(PATIENCE).until(() -> member.ended);
        var others = Stream.of(1, 2, 3).filter(node -> node != leader).toList();
        var again = joined("a", epoch, others);
        assertThat(again.assignment().getMemberEpoch()).isEqualTo(epoch);
        assertThat(again.assignment().getAssignedList())
                .extracting(AssignedPartition::getPartition)
                .containsExactly(0, 1);
        assertThat(again.assignment().getAssigned(0).getOffset()).isEqualTo(3);
        assertThat(again.commit(epoch, offset(0, 5)).get(0).hasError()).isFalse();
        assertThat(fetch(others.get(0))).containsExactly(5L);
    }

    @Test
    void everyNodeTellsTheLagAndTheLeaderOfAPartitionShowsIt() throws Exception {
        var member = joined("a", 0, List.of(1, 2, 3));
        member.commit(member.assignment().getMemberEpoch(), offset(0, 3));

        for (int node = 1; node <= 3; node++) {
            var lags = groups(node)
                    .getLag(GetLagRequest.newBuilder().setGroup(GROUP).build())
                    .getPartitionsList();
            assertThat(lags).noneMatch(PartitionLag::hasError);
            assertThat(lags).extracting(PartitionLag::getRecords).containsExactly(2L, 5L);
            assertThat(lags).extracting(PartitionLag::hasOffset).containsExactly(true, false);
            assertThat(lags).allSatisfy(lag -> {
                assertThat(lag.getBytes()).isPositive();
                assertThat(lag.hasAge()).isTrue();
                assertThat(lag.hasAppendedPerSecond()).isTrue();
                long forecast =
                        lag.getUntilTrimmed().getSeconds() + lag.getAge().getSeconds();
                assertThat(forecast).isBetween(RETENTION.toSeconds() - 1, RETENTION.toSeconds() + 60);
            });
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(shownLags()).containsExactly("partition=\"0\",topic=\"orders\"} 2.0"));
    }

    /** On the pages of all nodes together, without the group's name. */
    private List<String> shownLags() throws Exception {
        var shown = new ArrayList<String>();
        for (int node = 1; node <= 3; node++) {
            var request = HttpRequest.newBuilder(servers.http(node, "/metrics"))
                    .timeout(PATIENCE)
                    .build();
            HttpClient.newHttpClient()
                    .send(request, HttpResponse.BodyHandlers.ofLines())
                    .body()
                    .filter(line -> line.startsWith(SHOWN))
                    .forEach(line -> shown.add(line.substring(SHOWN.length())));
        }
        return shown;
    }
}
