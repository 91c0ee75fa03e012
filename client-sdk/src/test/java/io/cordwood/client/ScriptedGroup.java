package io.cordwood.client;

import com.google.protobuf.Duration;
import com.google.rpc.Status;
import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.GetLagRequest;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberCommit;
import io.cordwood.proto.v1.MemberCommitted;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.proto.v1.MemberJoined;
import io.cordwood.proto.v1.MemberLease;
import io.cordwood.proto.v1.MemberPong;
import io.cordwood.proto.v1.MemberProgress;
import io.cordwood.proto.v1.MemberRelease;
import io.cordwood.proto.v1.OffsetCommit;
import io.cordwood.proto.v1.OffsetCommitResult;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import io.cordwood.proto.v1.RevokedPartition;
import io.cordwood.proto.v1.TrimmedOffsets;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The one group of a {@link ScriptedCluster}, as its coordinator keeps it: who is a member, has which
 * partition and has committed what. It keeps the rules of the protocol and does what a test says; who has a
 * partition is up to the test.
 *
 * <p><b>Thread:</b> under the cluster's lock.
 */
final class ScriptedGroup {
    /** A member and the stream that it is on. */
    static final class Member {
        final String id;
        MemberHello hello;
        long epoch;
        final Map<TopicPartition, Long> since = new TreeMap<>();
        final TreeSet<TopicPartition> revoked = new TreeSet<>();

        @Nullable
        Stream stream;

        Member(MemberHello hello) {
            this.id = hello.getMemberId();
            this.hello = hello;
        }
    }

    /** What is stored. */
    record Stored(long offset, int leaderEpoch, String metadata) {}

    private final ScriptedCluster cluster;
    private final List<Stream> streams = new ArrayList<>();
    /** Those that are members, in the order in which they came. */
    final Map<String, Member> members = new LinkedHashMap<>();

    final List<MemberHello> hellos = new ArrayList<>();
    final Map<TopicPartition, Stored> offsets = new HashMap<>();
    final List<Integer> commitSizes = new ArrayList<>();
    final List<MemberRelease> releases = new ArrayList<>();
    final List<ResetOffsetsRequest> resets = new ArrayList<>();
    final List<GetLagRequest> lagRequests = new ArrayList<>();
    /** What the next hellos are refused with. */
    final ArrayDeque<Status> helloRefusals = new ArrayDeque<>();

    /** What offsets of a partition are refused with. */
    final Map<TopicPartition, Status> commitRefusals = new HashMap<>();
    /** Given to whoever joins first. */
    final List<TopicPartition> givenAtJoin = new ArrayList<>();

    int coordinator = 1;
    boolean namesCoordinator = true;
    int sessionMillis = 5_000;
    int pingMillis = 100;
    TrimmedOffsets trimmedOffsets = TrimmedOffsets.TRIMMED_OFFSETS_EARLIEST;
    /** Leaves its streams without a word; 0 is none. */
    int silentNode;

    boolean allAreSilent;
    /** Whether the next commit is stored, and its stream breaks before the answer. */
    boolean losesNextAnswer;

    int leaves;
    int pings;
    /** What the newest ping told. */
    List<MemberProgress> held = List.of();

    private long index = 10;

    ScriptedGroup(ScriptedCluster cluster) {
        this.cluster = cluster;
    }

    StreamObserver<JoinGroupRequest> open(int nodeId, StreamObserver<JoinGroupResponse> answers) {
        var stream = new Stream(nodeId, answers);
        streams.add(stream);
        return stream;
    }

    /** The only member. */
    Member member() {
        if (members.size() != 1) {
            throw new IllegalStateException(members.size() + " members");
        }
        return members.values().iterator().next();
    }

    boolean isConnected() {
        return members.size() == 1 && member().stream != null;
    }

    /** Also again: then the member has to begin anew. */
    void give(Member member, TopicPartition... partitions) {
        member.epoch = ++index;
        for (var partition : partitions) {
            member.since.put(partition, index);
            member.revoked.remove(partition);
        }
        assign(member);
    }

    void revoke(Member member, TopicPartition... partitions) {
        member.epoch = ++index;
        member.revoked.addAll(List.of(partitions));
        assign(member);
    }

    /** Says something older than the member knows. */
    void assignOfBefore(Member member) {
        long now = member.epoch;
        member.epoch = 1;
        assign(member);
        member.epoch = now;
    }

    void remove(Member member, String reason) {
        members.remove(member.id);
        if (member.stream != null) {
            member.stream.fail(Refusals.of(reason, "removed by the test"));
        }
    }

    void breakStreams() {
        List.copyOf(streams).forEach(stream -> stream.fail(Refusals.of("SHUTTING_DOWN", "broken by the test")));
    }

    /** Another node coordinates; this one knows. */
    void moveTo(int node) {
        coordinator = node;
        List.copyOf(streams).forEach(stream -> stream.fail(notLeader()));
    }

    private Status notLeader() {
        var address = cluster.addresses().get(coordinator);
        return Refusals.of(
                "NOT_LEADER",
                "another node coordinates",
                namesCoordinator && address != null ? Map.of("leader_address", address) : Map.of());
    }

    private void assign(Member member) {
        if (member.stream == null) {
            return;
        }
        var message = MemberAssignment.newBuilder().setMemberEpoch(member.epoch);
        member.since.forEach((partition, since) -> {
            var topicId = cluster.topic(partition.topic()).id.toString();
            if (member.revoked.contains(partition)) {
                message.addRevoked(RevokedPartition.newBuilder()
                        .setTopic(partition.topic())
                        .setTopicId(topicId)
                        .setPartition(partition.partition())
                        .setSinceEpoch(since));
                return;
            }
            var assigned = AssignedPartition.newBuilder()
                    .setTopic(partition.topic())
                    .setTopicId(topicId)
                    .setPartition(partition.partition())
                    .setSinceEpoch(since);
            var stored = offsets.get(partition);
            if (stored != null) {
                assigned.setOffset(stored.offset()).setMetadata(stored.metadata());
            }
            message.addAssigned(assigned);
        });
        member.stream.answers.onNext(
                JoinGroupResponse.newBuilder().setAssignment(message).build());
    }

    private MemberLease lease() {
        return MemberLease.newBuilder()
                .setSessionTimeout(millis(sessionMillis))
                .setPingInterval(millis(pingMillis))
                .build();
    }

    private static Duration millis(int count) {
        return Duration.newBuilder()
                .setSeconds(count / 1000)
                .setNanos(count % 1000 * 1_000_000)
                .build();
    }

    private @Nullable Status refusal(Member member, MemberCommit commit, OffsetCommit offset) {
        var partition = new TopicPartition(offset.getTopic(), offset.getPartition());
        var planned = commitRefusals.get(partition);
        if (planned != null) {
            return planned;
        }
        var since = member.since.get(partition);
        if (since == null) {
            return Refusals.of("PARTITION_NOT_OWNED", partition + " is not the member's");
        }
        if (commit.getMemberEpoch() < since || commit.getMemberEpoch() > member.epoch) {
            return Refusals.of("MEMBER_FENCED", "epoch " + commit.getMemberEpoch());
        }
        var stored = offsets.get(partition);
        return stored != null && stored.offset() > offset.getOffset()
                ? Refusals.of("OFFSET_BEHIND", "committed is " + stored)
                : null;
    }

    /** One member's stream. */
    final class Stream implements StreamObserver<JoinGroupRequest> {
        private final int nodeId;
        private final StreamObserver<JoinGroupResponse> answers;
        private @Nullable Member member;
        private boolean ended;

        Stream(int nodeId, StreamObserver<JoinGroupResponse> answers) {
            this.nodeId = nodeId;
            this.answers = answers;
        }

        @Override
        public void onNext(JoinGroupRequest request) {
            synchronized (cluster) {
                if (ended || allAreSilent || nodeId == silentNode) {
                    return;
                }
                if (nodeId != coordinator) {
                    fail(notLeader());
                } else if (request.hasHello()) {
                    hello(request.getHello());
                } else if (member != null) {
                    heard(member, request);
                }
            }
        }

        private void heard(Member own, JoinGroupRequest request) {
            switch (request.getKindCase()) {
                case PING -> {
                    pings++;
                    held = request.getPing().getHeldList();
                    answers.onNext(JoinGroupResponse.newBuilder()
                            .setPong(MemberPong.newBuilder()
                                    .setPingId(request.getPing().getPingId())
                                    .setLease(lease()))
                            .build());
                }
                case COMMIT -> commit(own, request.getCommit());
                case RELEASE -> release(own, request.getRelease());
                case LEAVE -> {
                    leaves++;
                    members.remove(own.id);
                    forget();
                    answers.onCompleted();
                }
                case HELLO, KIND_NOT_SET -> throw new IllegalStateException("not expected: " + request);
            }
        }

        private void hello(MemberHello hello) {
            hellos.add(hello);
            var refusal = helloRefusals.poll();
            var known = members.get(hello.getMemberId());
            if (refusal != null) {
                fail(refusal);
            } else if (known == null && hello.getMemberEpoch() > 0) {
                fail(Refusals.of("UNKNOWN_MEMBER", "no member " + hello.getMemberId()));
            } else {
                join(known == null ? arrive(hello) : known, hello);
            }
        }

        private Member arrive(MemberHello hello) {
            var fresh = new Member(hello);
            fresh.epoch = ++index;
            members.put(fresh.id, fresh);
            givenAtJoin.forEach(partition -> fresh.since.put(partition, fresh.epoch));
            return fresh;
        }

        private void join(Member own, MemberHello hello) {
            if (own.stream != null) {
                own.stream.fail(Refusals.of("MEMBER_FENCED", "there is a newer stream"));
            }
            member = own;
            own.stream = this;
            own.hello = hello;
            answers.onNext(JoinGroupResponse.newBuilder()
                    .setJoined(MemberJoined.newBuilder()
                            .setMemberId(own.id)
                            .setMemberEpoch(own.epoch)
                            .setLease(lease())
                            .setTrimmedOffsets(trimmedOffsets))
                    .build());
            assign(own);
        }

        private void commit(Member own, MemberCommit commit) {
            commitSizes.add(commit.getOffsetsCount());
            var answer = MemberCommitted.newBuilder().setCommitId(commit.getCommitId());
            for (var offset : commit.getOffsetsList()) {
                var result = OffsetCommitResult.newBuilder()
                        .setTopic(offset.getTopic())
                        .setPartition(offset.getPartition());
                var refusal = refusal(own, commit, offset);
                if (refusal == null) {
                    offsets.put(
                            new TopicPartition(offset.getTopic(), offset.getPartition()),
                            new Stored(offset.getOffset(), offset.getLeaderEpoch(), offset.getMetadata()));
                } else {
                    result.setError(refusal);
                }
                answer.addResults(result);
            }
            if (losesNextAnswer) {
                losesNextAnswer = false;
                fail(Refusals.of("SHUTTING_DOWN", "before the answer"));
            } else {
                answers.onNext(
                        JoinGroupResponse.newBuilder().setCommitted(answer).build());
            }
        }

        private void release(Member own, MemberRelease release) {
            releases.add(release);
            for (var released : release.getPartitionsList()) {
                own.revoked.removeIf(partition ->
                        partition.partition() == released.getPartition() && own.since.remove(partition) != null);
            }
            own.epoch = ++index;
            assign(own);
        }

        void fail(Status reason) {
            if (!ended) {
                forget();
                answers.onError(Refusals.thrown(reason));
            }
        }

        private void forget() {
            ended = true;
            streams.remove(this);
            if (member != null && member.stream == this) {
                member.stream = null;
            }
        }

        @Override
        public void onError(Throwable failure) {
            synchronized (cluster) {
                forget();
            }
        }

        @Override
        public void onCompleted() {
            synchronized (cluster) {
                forget();
                answers.onCompleted();
            }
        }
    }
}
