package io.cordwood.chaos.group;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Parting;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.CommitOffsetsResponse;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberRelease;
import io.cordwood.proto.v1.OffsetCommit;
import io.cordwood.proto.v1.OffsetCommitResult;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.InternalConfigurator;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes down what a member and its coordinator say to each other, below the client and whatever that makes
 * of it: commits with their answers, partitions that the member is told to have, and those that it gives
 * up.
 *
 * <p>Invariant: what is sent is taken down before it is, and what is received before the client has it.
 *
 * <p><b>Thread:</b> any; those of gRPC and of the client.
 */
final class WireWitness implements ClientInterceptor {
    /** What else a commit is refused with leaves open whether it will be written. */
    private static final Set<String> CERTAIN = Set.of(
            ErrorCode.MEMBER_FENCED.name(),
            ErrorCode.PARTITION_NOT_OWNED.name(),
            ErrorCode.OFFSET_BEHIND.name(),
            ErrorCode.OFFSET_OUT_OF_RANGE.name(),
            ErrorCode.UNKNOWN_MEMBER.name(),
            ErrorCode.UNKNOWN_GROUP.name(),
            ErrorCode.OVERLOADED.name());

    private final MemberOptions options;
    private final Recorder recorder;
    private final LateCommits late;
    private final Map<String, String> topicsById = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Long> sinces = new ConcurrentHashMap<>();

    WireWitness(MemberOptions options, Recorder recorder, LateCommits late) {
        this.options = options;
        this.recorder = recorder;
        this.late = late;
    }

    private record Begun(long operation, Operation.Commit what) {}

    /** Has it see each connection of the process that is made from now on. */
    void install() {
        InternalConfiguratorRegistry.setConfigurators(List.of(new InternalConfigurator() {
            @Override
            public void configureChannelBuilder(ManagedChannelBuilder<?> channel) {
                channel.intercept(WireWitness.this);
            }
        }));
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions how, Channel next) {
        return new Witnessed<>(next.newCall(method, how), how.getOption(LateCommits.LATE));
    }

    /** One call; most are of no interest. */
    private final class Witnessed<Q, A> extends SimpleForwardingClientCall<Q, A> {
        /** Commits by their ids; a call of its own has the id 0. */
        private final Map<Long, List<Begun>> commits = new ConcurrentHashMap<>();

        private final boolean late;
        private volatile String memberId = "";

        /** @param late whether what it commits is not the member's any more */
        Witnessed(ClientCall<Q, A> call, boolean late) {
            super(call);
            this.late = late;
        }

        @Override
        public void start(Listener<A> listener, Metadata headers) {
            super.start(
                    new SimpleForwardingClientCallListener<>(listener) {
                        @Override
                        public void onMessage(A message) {
                            received(message);
                            super.onMessage(message);
                        }
                    },
                    headers);
        }

        @Override
        public void sendMessage(Q message) {
            if (message instanceof JoinGroupRequest request) {
                sent(request);
            } else if (message instanceof CommitOffsetsRequest request) {
                commits.put(0L, begun(request.getMemberEpoch(), request.getOffsetsList(), late));
            }
            super.sendMessage(message);
        }

        private void sent(JoinGroupRequest request) {
            if (request.hasHello()) {
                memberId = request.getHello().getMemberId();
            } else if (request.hasCommit()) {
                var commit = request.getCommit();
                commits.put(commit.getCommitId(), begun(commit.getMemberEpoch(), commit.getOffsetsList(), late));
            } else if (request.hasRelease()) {
                released(request.getRelease());
            }
        }

        private void received(A message) {
            if (message instanceof JoinGroupResponse response && response.hasAssignment()) {
                assigned(response.getAssignment(), memberId);
            } else if (message instanceof JoinGroupResponse response && response.hasCommitted()) {
                var answer = response.getCommitted();
                ended(answered(answer.getCommitId()), answer.getResultsList());
            } else if (message instanceof CommitOffsetsResponse response) {
                ended(answered(0), response.getResultsList());
            }
        }

        private List<Begun> answered(long commitId) {
            return Objects.requireNonNull(commits.remove(commitId), "an answer to no commit");
        }
    }

    private List<Begun> begun(long epoch, List<OffsetCommit> offsets, boolean late) {
        return offsets.stream()
                .map(offset -> {
                    var partition = new TopicPartition(offset.getTopic(), offset.getPartition());
                    var what = new Operation.Commit(options.group(), partition, epoch, offset.getOffset(), late);
                    return new Begun(recorder.invoke(options.process(), what), what);
                })
                .toList();
    }

    private void ended(List<Begun> commits, List<OffsetCommitResult> results) {
        for (int i = 0; i < results.size(); i++) {
            var begun = commits.get(i);
            if (results.get(i).hasError()) {
                refused(begun, reason(results.get(i).getError()));
            } else {
                recorder.ok(options.process(), begun.operation(), begun.what());
            }
        }
    }

    private void refused(Begun begun, String reason) {
        if (CERTAIN.contains(reason)) {
            recorder.fail(options.process(), begun.operation(), begun.what(), reason);
        } else {
            recorder.info(options.process(), begun.operation(), begun.what(), reason);
        }
    }

    private static String reason(Status error) {
        try {
            for (var detail : error.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    return detail.unpack(ErrorInfo.class).getReason();
                }
            }
            return error.getMessage();
        } catch (InvalidProtocolBufferException e) {
            return "unreadable";
        }
    }

    private void assigned(MemberAssignment assignment, String memberId) {
        assignment.getRevokedList().forEach(revoked -> topicsById.put(revoked.getTopicId(), revoked.getTopic()));
        for (var assigned : assignment.getAssignedList()) {
            topicsById.put(assigned.getTopicId(), assigned.getTopic());
            var partition = new TopicPartition(assigned.getTopic(), assigned.getPartition());
            long since = assigned.getSinceEpoch();
            Long before = sinces.put(partition, since);
            if (before == null || before != since) {
                Long offset = assigned.hasOffset() ? assigned.getOffset() : null;
                recorder.note(
                        options.process(), new Operation.Owned(options.group(), partition, since, offset), memberId);
                late.owned(partition, new LateCommits.Ownership(memberId, since, offset == null ? 0 : offset));
            }
            late.knows(partition, assignment.getMemberEpoch());
        }
    }

    private void released(MemberRelease release) {
        for (var released : release.getPartitionsList()) {
            var topic = topicsById.get(released.getTopicId());
            if (topic != null && !topic.isEmpty()) {
                var partition = new TopicPartition(topic, released.getPartition());
                var what = new Operation.Parted(options.group(), partition, Parting.RELEASED);
                recorder.note(options.process(), what, "");
                late.released(partition);
            }
        }
    }
}
