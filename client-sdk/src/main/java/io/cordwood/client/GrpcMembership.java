package io.cordwood.client;

import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberJoined;
import io.cordwood.proto.v1.MemberLeave;
import io.cordwood.proto.v1.MemberPong;
import io.cordwood.proto.v1.TrimmedOffsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a group in the cluster: says hello to the coordinator, pings it, and finds the next one when
 * it moves.
 *
 * <p>Invariants: one stream at a time, and what is told comes from that one. Where a stream breaks the
 * member comes again as who it is, and keeps what it has; when its lease is over without a word from the
 * group it owns nothing any more, and comes again to find out. Only one who was removed, or replaced, comes
 * as somebody new. Of the assignments the member epochs never fall.
 *
 * <p><b>Thread:</b> the client's timer, which all members share; it is never blocked.
 */
final class GrpcMembership implements GroupMembership, GroupStream.Owner, StartOffsets.Owner, MemberPings.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcMembership.class);
    /**
     * Redirects are followed at once so many times in a row; two nodes may each take the other for the
     * leader.
     */
    private static final int REDIRECTS_MAX = 2;
    /**
     * Streams in a row that may end for a reason that waiting does not cure: another node may fare better.
     */
    private static final int HOPELESS_ENDS_MAX = 3;

    private final CordwoodClient client;
    private final GroupSubscription subscription;
    private final MemberTasks tasks;
    private final MemberLease lease;
    private final LeaseWatch watch;
    private final MemberPings pings;
    private final PendingCommits commits = new PendingCommits();
    private final StartOffsets starts;
    private final CompletableFuture<@Nullable Void> left = new CompletableFuture<>();

    /** Told of the membership that goes on; null before, after it was over, and at the end. */
    private @Nullable Listener listener;

    private String memberId = "";
    /** Comes again as who it was: the group has not said that it is removed. */
    private boolean keepsId;

    private long epoch;
    private OutOfRange outOfRange = OutOfRange.FAIL;
    private @Nullable MemberAssignment newest;
    private @Nullable GroupStream stream;
    private boolean joined;
    private boolean leaving;
    /** Leaves without a word, so that its successor finds its partitions. */
    private boolean keepsPlace;

    private long helloNanos;
    /** Named by a refusal. */
    private @Nullable HostPort leader;

    private int redirects;
    private int failures;
    private int hopelessEnds;
    /** Since when another member of its instance id is in the way; it may be its own predecessor. */
    private @Nullable Long blockedSinceNanos;

    GrpcMembership(CordwoodClient client, GroupSubscription subscription, MemberTime time) {
        this.client = client;
        this.subscription = subscription;
        this.tasks = new MemberTasks(time, this::toString, this::refuse);
        this.lease = new MemberLease(subscription.sessionTimeout());
        this.watch = new LeaseWatch(lease, tasks, this::leaseIsOver);
        this.pings = new MemberPings(lease, tasks, this);
        this.starts = new StartOffsets(client.calls(), this);
    }

    @Override
    public void join(Listener told) {
        if (!tasks.execute(() -> begin(told))) {
            told.refused(MemberTasks.clientClosed());
        }
    }

    @Override
    public CompletableFuture<Map<TopicPartition, CommitOutcome>> commit(List<Commit> offsets) {
        var call = new PendingCommits.Call(offsets);
        if (!tasks.execute(() -> commit(call))) {
            call.fail(MemberTasks.clientClosed());
        }
        return call.answer;
    }

    @Override
    public void acknowledge(long seenEpoch, List<PartitionId> revoked) {
        post(() -> {
            var current = stream;
            if (current != null && joined) { // otherwise they are asked for again
                current.send(request -> request.setRelease(GroupMessages.release(seenEpoch, revoked)));
            }
        });
    }

    @Override
    public CompletableFuture<@Nullable Void> leave(boolean forGood, List<HeldPartition> held, Duration patience) {
        if (!tasks.execute(() -> beginLeaving(forGood, held, patience))) {
            left.complete(null);
        }
        return left;
    }

    private void begin(Listener told) {
        leaveStream("the member joins anew");
        lease.end();
        pings.forget();
        newest = null;
        if (!keepsId) {
            memberId = UUID.randomUUID().toString();
            epoch = 0;
        }
        keepsId = false;
        listener = told;
        if (failures == 0) {
            connect();
        } else {
            after(pause(), this::connect);
        }
    }

    private void connect() {
        if (listener == null || stream != null) {
            return;
        }
        var address = leader == null ? client.nodes().current() : leader;
        leader = null;
        var opened = new GroupStream(address, client.channels().to(address), this);
        stream = opened;
        helloNanos = tasks.nanoTime();
        opened.send(request -> request.setHello(GroupMessages.hello(subscription, memberId, epoch)));
        after(lease.runs() ? lease.silence() : lease.session(), () -> {
            if (!joined) {
                breakOff(opened);
            }
        });
    }

    @Override
    public void received(GroupStream from, JoinGroupResponse response) {
        if (from != stream) {
            return;
        }
        switch (response.getKindCase()) {
            case JOINED -> joined(from, response.getJoined());
            case ASSIGNMENT -> assigned(response.getAssignment());
            case PONG -> ponged(from, response.getPong());
            case COMMITTED -> commits.answered(response.getCommitted());
            case KIND_NOT_SET -> LOG.debug("{}: a newer node says what this client does not know", this);
        }
    }

    private void joined(GroupStream from, MemberJoined message) {
        joined = true;
        failures = 0;
        redirects = 0;
        hopelessEnds = 0;
        blockedSinceNanos = null;
        outOfRange = GroupMessages.outOfRange(message.getTrimmedOffsets());
        lease.begin(
                GroupMessages.duration(message.getLease().getSessionTimeout()),
                GroupMessages.duration(message.getLease().getPingInterval()),
                helloNanos);
        watch.renew();
        pings.begin(from);
        if (leaving) {
            sayGoodbye(from);
        }
    }

    private void ponged(GroupStream from, MemberPong pong) {
        var interval = lease.pingInterval();
        lease.ponged(
                pong.getPingId(),
                GroupMessages.duration(pong.getLease().getSessionTimeout()),
                GroupMessages.duration(pong.getLease().getPingInterval()));
        watch.renew();
        if (lease.pingInterval().compareTo(interval) < 0) {
            pings.plan(from);
        }
        var policy = pong.getTrimmedOffsets();
        if (policy != TrimmedOffsets.TRIMMED_OFFSETS_UNSPECIFIED && GroupMessages.outOfRange(policy) != outOfRange) {
            outOfRange = GroupMessages.outOfRange(policy);
            report();
        }
    }

    private void assigned(MemberAssignment message) {
        if (message.getMemberEpoch() < epoch) {
            return;
        }
        epoch = message.getMemberEpoch();
        newest = message;
        starts.keep(message.getAssignedList().stream()
                .map(GrpcMembership::ownership)
                .toList());
        report();
    }

    /** Tells what is assigned, but for partitions of which it is not known yet where to begin. */
    private void report() {
        var told = listener;
        var whole = newest;
        if (told == null || whole == null) {
            return;
        }
        var assigned = new ArrayList<Assignment>();
        var unknown = new ArrayList<AssignedPartition>();
        for (var partition : whole.getAssignedList()) {
            var start = starts.of(ownership(partition));
            if (partition.hasOffset()) {
                assigned.add(GroupMessages.assignment(partition, partition.getOffset()));
            } else if (start.isPresent()) {
                assigned.add(GroupMessages.assignment(partition, start.get()));
            } else {
                unknown.add(partition);
            }
        }
        told.assigned(new Assignments(whole.getMemberEpoch(), outOfRange, assigned, GroupMessages.revocations(whole)));
        if (!unknown.isEmpty()) {
            findStarts(unknown);
        }
    }

    private void findStarts(List<AssignedPartition> unknown) {
        var ownerships = unknown.stream().map(GrpcMembership::ownership).toList();
        switch (outOfRange) {
            case EARLIEST -> starts.find(ownerships, StartPoint.earliest());
            case LATEST -> starts.find(ownerships, StartPoint.latest());
            case FAIL -> beginsNowhere(ownerships);
        }
    }

    private void beginsNowhere(List<StartOffsets.Ownership> unknown) {
        var told = listener;
        if (told != null) {
            var reason = new CordwoodException(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    this + " has committed nothing in " + unknown.get(0).partition()
                            + ", and is not told where to begin",
                    Map.of("field", "offset", "value", "none", "limit", "a committed one"));
            told.beginsNowhere(unknown.stream().map(StartOffsets.Ownership::id).toList(), reason);
        }
    }

    @Override
    public void startsFound() {
        report();
    }

    /** The consumer ends then, and leaves; until that the member lives. */
    @Override
    public void failed(CordwoodException reason) {
        if (listener != null) {
            listener.failed(reason);
        }
    }

    private void commit(PendingCommits.Call call) {
        var current = stream;
        if (current == null || !joined) {
            call.fail(new CordwoodException(ErrorCode.NODE_UNREACHABLE, this + " looks for its coordinator"));
            return;
        }
        commits.send(call, message -> current.send(request -> request.setCommit(message)));
        after(
                lease.session(),
                () -> commits.giveUp(
                        call,
                        new CordwoodException(
                                ErrorCode.REQUEST_TIMED_OUT, this + ": a commit was not answered in time")));
    }

    @Override
    public boolean isOn(GroupStream own) {
        return stream == own;
    }

    @Override
    public CompletableFuture<List<HeldPartition>> held() {
        return listener == null ? CompletableFuture.completedFuture(List.of()) : listener.held();
    }

    @Override
    public long epoch() {
        return epoch;
    }

    private void leaseIsOver() {
        keepsId = true;
        over("nothing was heard of the group for its session timeout of " + lease.session());
    }

    @Override
    public void completed(GroupStream from) {
        if (from == stream && leaving) {
            over("the member has left");
        } else {
            ended(from, new CordwoodException(ErrorCode.NODE_UNREACHABLE, from.address() + " has ended the stream"));
        }
    }

    @Override
    public void ended(GroupStream from, CordwoodException reason) {
        if (from != stream) {
            return;
        }
        leaveStream(String.valueOf(reason.getMessage()));
        if (keepsPlace) {
            over("its stream is gone, which is all that there was to do");
            return;
        }
        switch (reason.code()) {
            case MEMBER_FENCED, UNKNOWN_MEMBER -> {
                failures++;
                over(String.valueOf(reason.getMessage()));
            }
            case NOT_LEADER, NOT_REPLICA -> follow(from.address(), reason);
            case DUPLICATE_INSTANCE_ID -> waitForPredecessor(from.address(), reason);
            case INTERNAL, UNKNOWN -> {
                hopelessEnds++;
                comeAgainIf(hopelessEnds <= HOPELESS_ENDS_MAX, from.address(), reason);
            }
            default -> comeAgainIf(reason.retryable(), from.address(), reason);
        }
    }

    private void follow(HostPort address, CordwoodException reason) {
        var named = LeaderSearch.leaderIn(reason);
        if (named.isPresent() && redirects < REDIRECTS_MAX) {
            redirects++;
            leader = named.get();
            connect();
        } else {
            redirects = 0;
            comeAgainIf(true, address, reason);
        }
    }

    private void waitForPredecessor(HostPort address, CordwoodException reason) {
        long now = tasks.nanoTime();
        if (blockedSinceNanos == null) {
            blockedSinceNanos = now;
        }
        comeAgainIf(now - blockedSinceNanos < lease.session().toNanos(), address, reason);
    }

    private void comeAgainIf(boolean hopeful, HostPort address, CordwoodException reason) {
        if (!hopeful || (leaving && !lease.runs())) {
            refuse(reason);
            return;
        }
        failures++;
        client.nodes().moveOnFrom(address);
        if (failures == 1) {
            LOG.info("{} comes again: {}", this, reason.getMessage());
        } else {
            LOG.debug("{} comes again, try {}: {}", this, failures, reason.getMessage());
        }
        boolean anotherNode = reason.code() == ErrorCode.NODE_UNREACHABLE
                && failures % client.nodes().all().size() != 0;
        after(anotherNode ? Duration.ZERO : reason.retryAfter().orElseGet(this::pause), this::connect);
    }

    @Override
    public void breakOff(GroupStream silent) {
        if (silent == stream) {
            silent.cancel();
            ended(silent, new CordwoodException(ErrorCode.REQUEST_TIMED_OUT, silent.address() + " says nothing"));
        }
    }

    /** It is no member any more, or has to take itself for none. */
    private void over(String reason) {
        var told = listener;
        stop("the membership is over: " + reason);
        if (leaving) {
            left.complete(null);
        } else if (told != null) {
            told.fenced(reason);
        }
    }

    private void refuse(CordwoodException reason) {
        var told = listener;
        stop("the member was refused");
        if (leaving) {
            left.complete(null);
        } else if (told != null) {
            told.refused(reason);
        }
    }

    private void stop(String reason) {
        leaveStream(reason);
        lease.end();
        newest = null;
        listener = null;
    }

    private void leaveStream(String reason) {
        var current = stream;
        stream = null;
        joined = false;
        if (current != null) {
            current.cancel();
        }
        commits.giveUpAll(new CordwoodException(ErrorCode.NODE_UNREACHABLE, this + " lost its stream: " + reason));
    }

    private void beginLeaving(boolean forGood, List<HeldPartition> held, Duration patience) {
        boolean neverWasOne = !lease.runs() && failures > 0;
        leaving = true;
        keepsPlace = !forGood && !subscription.instanceId().isEmpty();
        if (listener == null || neverWasOne || (keepsPlace && !joined)) {
            endLeaving("the member leaves");
            return;
        }
        var current = joined ? stream : null;
        pings.last(current, held);
        if (current != null) {
            sayGoodbye(current);
        }
        boolean waits = tasks.after(patience, () -> {
            if (stream != null && joined) {
                stream.letGo();
            }
            endLeaving("the member has left");
        });
        if (!waits) {
            endLeaving("the client is closed");
        }
    }

    private void endLeaving(String reason) {
        stop(reason);
        left.complete(null);
    }

    /** The node ends the stream when the group knows. */
    private void sayGoodbye(GroupStream current) {
        if (keepsPlace) {
            current.lastWord();
        } else {
            current.send(request -> request.setLeave(MemberLeave.getDefaultInstance()));
        }
    }

    @Override
    public void post(Runnable task) {
        if (!tasks.execute(task)) {
            LOG.debug("{} is told of something after the client was closed", this);
        }
    }

    @Override
    public void after(Duration pause, Runnable task) {
        tasks.after(pause, task);
    }

    private Duration pause() {
        return client.calls().patience().retry().backoff(Math.max(1, failures), ThreadLocalRandom.current());
    }

    private static StartOffsets.Ownership ownership(AssignedPartition partition) {
        return new StartOffsets.Ownership(
                GroupMessages.partition(partition), UUID.fromString(partition.getTopicId()), partition.getSinceEpoch());
    }

    @Override
    public String toString() {
        return "member " + memberId + " of group " + subscription.group();
    }
}
