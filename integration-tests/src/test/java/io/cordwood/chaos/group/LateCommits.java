package io.cordwood.chaos.group;

import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.CommitOffsetsResponse;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.OffsetCommit;
import io.grpc.CallOptions;
import io.grpc.Channel;
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
import java.util.function.Function;

/**
 * Does what no client of ours does: commits once more under an id and an epoch that are over, as a process
 * that has missed everything. In partitions that are not the member's any more it commits what the member has
 * handled, which is right only as long as nobody else has them. In partitions that the same member was given
 * once more it commits what is committed already, under the epoch from before: the epoch alone is wrong.
 *
 * <p><b>Thread:</b> any; a thread of its own sends.
 */
final class LateCommits {
    /** Of a call: whether it is one of these. */
    static final CallOptions.Key<Boolean> LATE = CallOptions.Key.createWithDefault("late-commit", false);

    /** As long as it takes others to hear that a partition is their own. */
    private static final Duration BEHIND_A_RELEASE = Duration.ofMillis(200);

    private static final Duration DEADLINE = Duration.ofSeconds(5);

    private final String group;
    private final List<String> addresses;
    private final Function<String, Channel> connect;
    /** The timer's. */
    private final Map<String, Channel> channels = new HashMap<>();

    private final Map<TopicPartition, Holding> holdings = new HashMap<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "late-commits");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Since when a partition is the member's.
     *
     * @param since the epoch from which on it may commit
     * @param offset of the next record to process, as committed then
     */
    record Ownership(String memberId, long since, long offset) {}

    /** What the member knows of a partition that it has, or had. */
    private static final class Holding {
        private final String memberId;
        private long next;
        private boolean handledAny;
        private long epoch;

        Holding(Ownership own) {
            memberId = own.memberId();
            next = own.offset();
            epoch = own.since();
        }
    }

    LateCommits(MemberOptions options) {
        this(options, LateCommits::channel);
    }

    /** @param connect to an address */
    LateCommits(MemberOptions options, Function<String, Channel> connect) {
        group = options.group();
        addresses = options.addresses();
        this.connect = connect;
    }

    private static Channel channel(String address) {
        return NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .disableRetry()
                .build();
    }

    /** It is the member's from now on. */
    synchronized void owned(TopicPartition partition, Ownership own) {
        var before = holdings.put(partition, new Holding(own));
        if (before != null && before.memberId.equals(own.memberId()) && before.epoch < own.since()) {
            // At once: what is committed then is no step back.
            commitLater(request(partition, before, own.offset()), Duration.ZERO);
        }
    }

    /** The member's epoch is a newer one, and the partition is still its own. */
    synchronized void knows(TopicPartition partition, long epoch) {
        var holding = holdings.get(partition);
        if (holding != null) {
            holding.epoch = epoch;
        }
    }

    synchronized void handled(TopicPartition partition, long offset) {
        var holding = holdings.get(partition);
        // Not each offset is that of a record.
        if (holding != null && offset >= holding.next) {
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
            commitLater(request(partition, holding, holding.next), pause);
        }
    }

    private CommitOffsetsRequest request(TopicPartition partition, Holding holding, long offset) {
        return CommitOffsetsRequest.newBuilder()
                .setGroup(group)
                .setMemberId(holding.memberId)
                .setMemberEpoch(holding.epoch)
                .addOffsets(OffsetCommit.newBuilder()
                        .setTopic(partition.topic())
                        .setPartition(partition.partition())
                        .setOffset(offset))
                .build();
    }

    private void commitLater(CommitOffsetsRequest request, Duration pause) {
        var unused = timer.schedule(() -> send(request), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void send(CommitOffsetsRequest request) {
        var address = addresses.get(ThreadLocalRandom.current().nextInt(addresses.size()));
        GroupServiceGrpc.newStub(channels.computeIfAbsent(address, connect))
                .withOption(LATE, true)
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
