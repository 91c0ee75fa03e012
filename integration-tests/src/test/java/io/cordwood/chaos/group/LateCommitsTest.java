package io.cordwood.chaos.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.OffsetCommit;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is committed in the name of a past that is over. */
class LateCommitsTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 3);
    private static final TopicPartition OTHER = new TopicPartition("orders", 4);

    private final List<CommitOffsetsRequest> sent = new CopyOnWriteArrayList<>();
    private final LateCommits late = new LateCommits(
            new MemberOptions(
                    List.of("127.0.0.1:1"),
                    "billing",
                    List.of("orders"),
                    GroupPlan.Mode.POLL,
                    "billing-0",
                    "",
                    Path.of("journal"),
                    new MemberOptions.Clock(0, 0)),
            address -> new Nobody());

    /** Takes what is sent and answers nothing. */
    private final class Nobody extends Channel {
        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions how) {
            assertThat(how.getOption(LateCommits.LATE)).isTrue();
            return new ClientCall<>() {
                @Override
                public void start(Listener<A> listener, Metadata headers) {}

                @Override
                public void request(int count) {}

                @Override
                public void cancel(@Nullable String message, @Nullable Throwable cause) {}

                @Override
                public void halfClose() {}

                @Override
                public void sendMessage(Q message) {
                    sent.add((CommitOffsetsRequest) message);
                }
            };
        }

        @Override
        public String authority() {
            return "nobody";
        }
    }

    @Test
    void whatIsLostIsCommittedUpToTheLastRecordAlsoOverHoles() {
        late.owned(PARTITION, own("a", 7, 10));
        late.knows(PARTITION, 8);
        late.handled(PARTITION, 10);
        late.handled(PARTITION, 13);

        late.lost(PARTITION);

        await().until(() -> sent, List.of(commit("a", 8, PARTITION, 14))::equals);
    }

    @Test
    void whatIsReleasedIsCommittedWhereSomethingWasHandled() {
        late.owned(PARTITION, own("a", 7, 10));
        late.owned(OTHER, own("a", 7, 20));
        late.handled(OTHER, 20);

        late.released(PARTITION);
        late.released(OTHER);

        await().until(() -> sent, List.of(commit("a", 7, OTHER, 21))::equals);
    }

    @Test
    void whatComesBackToTheSameMemberIsCommittedUnderTheEpochFromBefore() {
        late.owned(PARTITION, own("a", 7, 10));
        late.knows(PARTITION, 9);

        late.owned(PARTITION, own("a", 12, 30));

        await().until(() -> sent, List.of(commit("a", 9, PARTITION, 30))::equals);
    }

    @Test
    void whatComesBackUnderAnotherIdSaysNothingOfEpochs() {
        late.owned(PARTITION, own("a", 7, 10));
        late.owned(PARTITION, own("b", 12, 30));
        late.handled(PARTITION, 30);

        late.lost(PARTITION);

        await().until(() -> sent, List.of(commit("b", 12, PARTITION, 31))::equals);
    }

    private static LateCommits.Ownership own(String memberId, long since, long offset) {
        return new LateCommits.Ownership(memberId, since, offset);
    }

    private static CommitOffsetsRequest commit(String memberId, long epoch, TopicPartition partition, long offset) {
        return CommitOffsetsRequest.newBuilder()
                .setGroup("billing")
                .setMemberId(memberId)
                .setMemberEpoch(epoch)
                .addOffsets(OffsetCommit.newBuilder()
                        .setTopic(partition.topic())
                        .setPartition(partition.partition())
                        .setOffset(offset))
                .build();
    }
}
