package io.cordwood.chaos.group;

import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.CommitOffsetsResponse;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.OffsetCommit;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Does what no client of ours does: commits once more in partitions that are not the member's any more,
 * under the id and the epoch under which it had them, as a process that has missed everything. It is right
 * only as long as nobody else has them. What it commits the member has handled.
 *
 * <p><b>Thread:</b> any; a thread of its own sends.
 */
final class LateCommits {
    /** As long as it takes others to hear that a partition is their own. */
    private static final Duration BEHIND_A_RELEASE = Duration.ofMillis(200);

    private static final Duration DEADLINE = Duration.ofSeconds(5);

    private final String group;
    private final List<String> addresses;
    /** The timer's. */
    private final Map<String, ManagedChannel> channels = new HashMap<>();

    private final Map<TopicPartition, Holding> holdings = new HashMap<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "late-commits");
        thread.setDaemon(true);
        return thread;
    });

    /** What the member knows of a partition that it has, or had. */
    private static final class Holding {
        private long next;
        private boolean handledAny;
        private String memberId = "";
        private long epoch;

        Holding(long next) {
            this.next = next;
        }
    }

    LateCommits(MemberOptions options) {
        group = options.group();
        addresses = options.addresses();
    }

    private static ManagedChannel channel(String address) {
        return NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .disableRetry()
                .build();
    }

    /** It is the member's, from that offset on. */
    synchronized void owned(TopicPartition partition, long offset) {
        holdings.put(partition, new Holding(offset));
    }

    /** The member was told of it under that id and epoch. */
    synchronized void knows(TopicPartition partition, String memberId, long epoch) {
        var holding = holdings.get(partition);
        if (holding != null) {
            holding.memberId = memberId;
            holding.epoch = epoch;
        }
    }

    synchronized void handled(TopicPartition partition, long offset) {
        var holding = holdings.get(partition);
        if (holding != null && holding.next == offset) {
            holding.next = offset + 1;
            holding.handledAny = true;
        }
    }

    void lost(TopicPartition partition) {
        commitBehind(partition, Duration.ZERO);
    }

    void released(TopicPartition partition) {
        commitBehind(partition, BEHIND_A_RELEASE);
    }

    private synchronized void commitBehind(TopicPartition partition, Duration pause) {
        var holding = holdings.get(partition);
        if (holding != null && holding.handledAny) {
            var request = CommitOffsetsRequest.newBuilder()
                    .setGroup(group)
                    .setMemberId(holding.memberId)
                    .setMemberEpoch(holding.epoch)
                    .addOffsets(OffsetCommit.newBuilder()
                            .setTopic(partition.topic())
                            .setPartition(partition.partition())
                            .setOffset(holding.next))
                    .build();
            var unused = timer.schedule(() -> send(request), pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void send(CommitOffsetsRequest request) {
        var address = addresses.get(ThreadLocalRandom.current().nextInt(addresses.size()));
        GroupServiceGrpc.newStub(channels.computeIfAbsent(address, LateCommits::channel))
                .withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                .commitOffsets(request, new Ignored());
    }

    /** The witness has it. */
    private static final class Ignored implements StreamObserver<CommitOffsetsResponse> {
        @Override
        public void onNext(CommitOffsetsResponse answer) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }
}
