package io.cordwood.chaos.group;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Parting;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.CommitOffsetsResponse;
import io.cordwood.proto.v1.GroupPartition;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberCommit;
import io.cordwood.proto.v1.MemberCommitted;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.proto.v1.MemberRelease;
import io.cordwood.proto.v1.OffsetCommit;
import io.cordwood.proto.v1.OffsetCommitResult;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a member and its coordinator say is in the history, whatever the client makes of it. */
class WireWitnessTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 3);
    private static final String TOPIC_ID = "7f000001-0000-0000-0000-000000000001";

    private final List<Event> events = new ArrayList<>();
    private final AtomicLong clock = new AtomicLong();
    private final Recorder recorder = new Recorder(events::add, clock::incrementAndGet);
    private final MemberOptions options = new MemberOptions(
            List.of("127.0.0.1:1"),
            "billing",
            List.of("orders"),
            GroupPlan.Mode.POLL,
            "billing-0",
            "",
            Path.of("journal"),
            new MemberOptions.Clock(0, 0));
    private final WireWitness witness = new WireWitness(options, recorder, new LateCommits(options));

    /** A connection to nobody: what is answered the test says. */
    private static final class Line extends Channel {
        private final List<Object> listeners = new ArrayList<>();

        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions how) {
            return new ClientCall<>() {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    listeners.add(listener);
                }

                @Override
                public void request(int count) {}

                @Override
                public void cancel(@Nullable String message, @Nullable Throwable cause) {}

                @Override
                public void halfClose() {}

                @Override
                public void sendMessage(Q message) {}
            };
        }

        @SuppressWarnings("unchecked") // of the one call that was made
        <A> void answer(A message) {
            ((ClientCall.Listener<A>) listeners.get(0)).onMessage(message);
        }

        @Override
        public String authority() {
            return "nobody";
        }
    }

    private <Q, A> ClientCall<Q, A> call(MethodDescriptor<Q, A> method, Line line) {
        return call(method, CallOptions.DEFAULT, line);
    }

    private <Q, A> ClientCall<Q, A> call(MethodDescriptor<Q, A> method, CallOptions how, Line line) {
        var call = witness.interceptCall(method, how, line);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        return call;
    }

    @Test
    void commitsHaveTheAnswersOfTheCoordinator() {
        var line = new Line();
        var stream = call(GroupServiceGrpc.getJoinGroupMethod(), line);

        stream.sendMessage(JoinGroupRequest.newBuilder()
                .setCommit(MemberCommit.newBuilder()
                        .setCommitId(5)
                        .setMemberEpoch(40)
                        .addOffsets(offset(10))
                        .addOffsets(offset(11))
                        .addOffsets(offset(12))
                        .addOffsets(offset(13)))
                .build());
        assertThat(commits()).hasSize(4).noneMatch(Call::isAnswered);
        line.answer(JoinGroupResponse.newBuilder()
                .setCommitted(MemberCommitted.newBuilder()
                        .setCommitId(5)
                        .addResults(OffsetCommitResult.getDefaultInstance())
                        .addResults(refused("MEMBER_FENCED"))
                        .addResults(refused("METADATA_UNAVAILABLE"))
                        .addResults(OffsetCommitResult.newBuilder()
                                .setError(Status.newBuilder().setCode(13))))
                .build());

        assertThat(commits())
                .extracting(Call::outcome)
                .containsExactly(EventType.OK, EventType.FAIL, EventType.INFO, EventType.INFO);
        assertThat(commits().get(0).what()).isEqualTo(Operation.Commit.of("billing", PARTITION, 40, 10));
        assertThat(Objects.requireNonNull(commits().get(1).ended()).detail()).isEqualTo("MEMBER_FENCED");
    }

    @Test
    void commitsOutsideOfTheStreamAreSeenToo() {
        var line = new Line();

        call(GroupServiceGrpc.getCommitOffsetsMethod(), CallOptions.DEFAULT.withOption(LateCommits.LATE, true), line)
                .sendMessage(CommitOffsetsRequest.newBuilder()
                        .setMemberEpoch(7)
                        .addOffsets(offset(10))
                        .build());
        line.answer(CommitOffsetsResponse.newBuilder()
                .addResults(refused("UNKNOWN_MEMBER"))
                .build());

        assertThat(commits()).singleElement().satisfies(commit -> {
            assertThat(commit.isFailed()).isTrue();
            assertThat(commit.what())
                    .isEqualTo(Operation.Commit.of("billing", PARTITION, 7, 10).asLate());
        });
    }

    @Test
    void ownershipIsNotedOnceAndItsReleaseByName() {
        var line = new Line();
        var stream = call(GroupServiceGrpc.getJoinGroupMethod(), line);
        stream.sendMessage(JoinGroupRequest.newBuilder()
                .setHello(MemberHello.newBuilder().setMemberId("id"))
                .build());

        line.answer(assignment(40, 40));
        line.answer(assignment(41, 40));
        line.answer(assignment(50, 50));
        stream.sendMessage(JoinGroupRequest.newBuilder()
                .setRelease(MemberRelease.newBuilder()
                        .addPartitions(
                                GroupPartition.newBuilder().setTopicId(TOPIC_ID).setPartition(PARTITION.partition())))
                .build());

        assertThat(events)
                .extracting(Event::what)
                .containsExactly(
                        new Operation.Owned("billing", PARTITION, 40, 9L),
                        new Operation.Owned("billing", PARTITION, 50, 9L),
                        new Operation.Parted("billing", PARTITION, Parting.RELEASED));
    }

    private List<Call<Operation.Commit>> commits() {
        return History.of(events).calls(Operation.Commit.class);
    }

    private static OffsetCommit offset(long offset) {
        return OffsetCommit.newBuilder()
                .setTopic(PARTITION.topic())
                .setPartition(PARTITION.partition())
                .setOffset(offset)
                .build();
    }

    private static OffsetCommitResult refused(String reason) {
        return OffsetCommitResult.newBuilder()
                .setError(Status.newBuilder()
                        .setCode(9)
                        .addDetails(Any.pack(
                                ErrorInfo.newBuilder().setReason(reason).build())))
                .build();
    }

    private static JoinGroupResponse assignment(long epoch, long since) {
        return JoinGroupResponse.newBuilder()
                .setAssignment(MemberAssignment.newBuilder()
                        .setMemberEpoch(epoch)
                        .addAssigned(AssignedPartition.newBuilder()
                                .setTopic(PARTITION.topic())
                                .setTopicId(TOPIC_ID)
                                .setPartition(PARTITION.partition())
                                .setSinceEpoch(since)
                                .setOffset(9)))
                .build();
    }
}
