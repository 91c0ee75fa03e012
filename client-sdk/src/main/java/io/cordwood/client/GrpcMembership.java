package io.cordwood.client;

import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberJoined;
import io.cordwood.proto.v1.MemberLeave;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
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

    private static final Duration LEAVE_PATIENCE = Duration.ofSeconds(5);

    private final CordwoodClient client;
    private final GroupSubscription subscription;
    private final ScheduledExecutorService loop;
    private final MemberLease lease;
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
    private boolean leaseIsWatched;
    private long helloNanos;
    /** Named by a refusal. */
    private @Nullable HostPort leader;

    private int redirects;
    private int failures;
    private int hopelessEnds;
    /** Since when another member of its instance id is in the way; it may be its own predecessor. */
    private @Nullable Long blockedSinceNanos;

    GrpcMembership(CordwoodClient client, GroupSubscription subscription) {
        this.client = client;
        this.subscription = subscription;
        this.loop = client.timer();
        this.lease = new MemberLease(subscription.sessionTimeout());
        this.pings = new MemberPings(lease, this);
        this.starts = new StartOffsets(client.calls(), this);
    }

    @Override
    public void join(Listener told) {
        post(() -> begin(told));
    }

    @Override
    public CompletableFuture<Map<TopicPartition, CommitOutcome>> commit(List<Commit> offsets) {
        var call = new PendingCommits.Call(offsets);
        if (!execute(() -> commit(call))) {
            call.fail(new CordwoodException(ErrorCode.CLIENT_CLOSED, "the client is closed"));
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
    public CompletableFuture<@Nullable Void> leave() {
        if (!execute(this::beginLeaving)) {
            left.complete(null);
        }
        return left;
    }

    private void begin(Listener told) {
        leaveStream("the member joins anew");
        lease.end();
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
        helloNanos = System.nanoTime();
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
            case PONG -> {
                var pong = response.getPong();
                lease.ponged(
                        pong.getPingId(),
                        GroupMessages.duration(pong.getLease().getSessionTimeout()),
                        GroupMessages.duration(pong.getLease().getPingInterval()));
            }
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
        watchLease();
        pings.begin(from);
        if (leaving) {
            sayGoodbye(from);
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
            case FAIL ->
                failed(new CordwoodException(
                        ErrorCode.OFFSET_OUT_OF_RANGE,
                        this + " has committed nothing in " + ownerships.get(0).partition()
                                + ", and is not told where to begin",
                        Map.of("field", "offset", "value", "none", "limit", "a committed one")));
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
            listener.refused(reason);
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

    private void watchLease() {
        if (!leaseIsWatched) {
            leaseIsWatched = true;
            after(Duration.ofNanos(Math.max(0, lease.endNanos() - System.nanoTime())), this::checkLease);
        }
    }

    private void checkLease() {
        leaseIsWatched = false;
        if (lease.isOver(System.nanoTime())) {
            keepsId = true;
            over("nothing was heard of the group for its session timeout of " + lease.session());
        } else if (lease.runs()) {
            watchLease();
        }
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
        long now = System.nanoTime();
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

    private void beginLeaving() {
        boolean neverWasOne = !lease.runs() && failures > 0;
        leaving = true;
        if (listener == null || neverWasOne) {
            stop("the member leaves");
            left.complete(null);
            return;
        }
        var current = stream;
        if (current != null && joined) {
            sayGoodbye(current);
        }
        after(LEAVE_PATIENCE, () -> {
            stop("the member has left");
            left.complete(null);
        });
    }

    /** The node ends the stream when the group knows. */
    private static void sayGoodbye(GroupStream current) {
        current.send(request -> request.setLeave(MemberLeave.getDefaultInstance()));
    }

    @Override
    public void post(Runnable task) {
        if (!execute(task)) {
            LOG.debug("{} is told of something after the client was closed", this);
        }
    }

    private boolean execute(Runnable task) {
        try {
            loop.execute(guarded(task));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    @Override
    public void after(Duration pause, Runnable task) {
        try {
            var unused = loop.schedule(guarded(task), pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("{} goes on no more, the client is closed", this);
        }
    }

    /** The executor would swallow what a task throws, and the member stand still. */
    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (CordwoodException e) {
                refuse(e);
            } catch (RuntimeException e) {
                LOG.error("{} has stopped on a fault of its own", this, e);
                refuse(new CordwoodException(
                        ErrorCode.UNKNOWN, this + " has stopped on a fault of its own: " + e, Map.of(), null, e));
            }
        };
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
