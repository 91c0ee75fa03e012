package io.cordwood.raft;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metrics.PartitionSample;
import io.cordwood.store.CompactionRules;
import io.cordwood.store.DamagedRangeException;
import io.cordwood.store.LogRead;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/**
 * A replica of a partition on this node, as the server uses it.
 *
 * <p>Thread: any.
 */
public final class PartitionReplica {
    private final ReplicaState state;
    private final RaftGroupId groupId;
    private final String topic;
    private final PartitionStateMachine stateMachine;

    PartitionReplica(ReplicaState state, RaftGroupId groupId, String topic, PartitionStateMachine stateMachine) {
        this.state = state;
        this.groupId = groupId;
        this.topic = topic;
        this.stateMachine = stateMachine;
    }

    /**
     * Who leads, as this replica knows it.
     *
     * @param leading this replica leads and takes batches
     * @param leaderEpoch epoch of the current term
     * @param term Raft's
     * @param leaderNodeId empty while no leader is known
     */
    public record Leadership(boolean leading, int leaderEpoch, long term, OptionalInt leaderNodeId) {}

    public PartitionId id() {
        return state.id();
    }

    public String topic() {
        return topic;
    }

    /** As its metrics show it. */
    PartitionSample sample() {
        return NodeSampling.of(topic, state, stateMachine);
    }

    ReplicaSettings settings() {
        return state.settings();
    }

    /** After Ratis has closed the division. */
    void close() throws IOException {
        stateMachine.endCatchUp();
        state.close();
    }

    ReplicaState state() {
        return state;
    }

    /**
     * Those with the other replicas; empty while the group is opening or closing, and nobody knows who they
     * are.
     */
    Optional<List<CatchUpPeer>> peers() {
        return stateMachine.runningDivision().map(division -> stateMachine.otherReplicas());
    }

    RaftGroupId groupId() {
        return groupId;
    }

    /**
     * Appends a batch where this replica leads. The answer comes on a thread of Ratis or of gRPC: who waits
     * for it must not block there. Answers for one partition come in the order of the calls, but for
     * refusals, which may come before or after.
     */
    public CompletableFuture<AppendOutcome> append(AppendRequest request) {
        return state.appender().append(request);
    }

    /** See {@link Appender#refuse}. */
    void refuseBatches(AppendOutcome.@Nullable NoRoom reason) {
        state.appender().refuse(reason);
    }

    /** Whether batches are refused for want of room while this replica leads. */
    boolean refusesBatches() {
        return leads() && state.appender().refusing() != null;
    }

    /**
     * Node ids of those that have a vote, this one's among them; none while the group is opening or
     * closing.
     */
    List<Integer> voters() {
        return stateMachine.runningDivision().stream()
                .flatMap(division -> division.getGroup().getPeers().stream())
                .map(peer -> Integer.parseInt(peer.getId().toString()))
                .toList();
    }

    /**
     * Node ids of followers that have not answered this replica for so long; none where it does not lead.
     */
    Set<Integer> silent(long forMs) {
        return stateMachine
                .runningDivision()
                .map(Followers::of)
                .map(followers -> {
                    followers.values().removeIf(follower -> follower.silentMs() <= forMs);
                    return followers.keySet();
                })
                .orElseGet(Set::of);
    }

    /** That every record below this offset is trimmed: a leader applied it, so this replica will, too. */
    void trimmedElsewhere(long newStart) {
        state.raiseLogStart(newStart);
    }

    /**
     * Moves the log start up to an offset, on all replicas; from the answer on nobody here reads below it.
     *
     * @param newStart at or below the log start has no effect
     */
    public CompletableFuture<TrimOutcome> trim(long newStart) {
        return new ReplicaTrim(state).to(newStart);
    }

    /** See {@link io.cordwood.store.PartitionLog#startKeeping}. */
    long startKeeping(long oldestMs, long maxBytes) throws IOException {
        return state.log().startKeeping(oldestMs, maxBytes);
    }

    /** First offset that is kept. */
    public long logStartOffset() {
        return state.log().logStartOffset();
    }

    /** Exclusive end of what is committed and applied here; readers stop there. */
    public long highWatermark() {
        return state.log().highWatermark();
    }

    /**
     * Whole committed batches from the one that contains the offset on; empty at the high watermark.
     *
     * @param maxBytes at most so many, unless the first batch alone is larger
     * @throws io.cordwood.store.OffsetTrimmedException below the log start
     */
    public LogRead read(long offset, int maxBytes) throws IOException {
        return state.log().read(offset, highWatermark(), maxBytes);
    }

    /**
     * As {@link #read}, with the CRC of the first batch checked: for whoever begins to read here. A client
     * that met a wrong one comes back to just this place, and where nobody told of it, it would wait for the
     * next look at all files.
     *
     * @throws DamagedRangeException also where that CRC is wrong; the file is looked at soon
     */
    public LogRead readSound(long offset, int maxBytes) throws IOException {
        var read = read(offset, maxBytes);
        if (!read.isEmpty()) {
            var bytes = read.batches().slice();
            var first = RecordBatch.of(bytes.slice(0, RecordBatch.sizeAt(bytes, 0)));
            if (!first.crcMatches()) {
                state.log().scrub().doubt(first.baseOffset());
                throw new DamagedRangeException(
                        id().toString(), new OffsetRange(first.baseOffset(), first.endOffset()), "a wrong CRC");
            }
        }
        return read;
    }

    /**
     * The first committed record that is kept and has this timestamp or a later one; empty where none below the limit has.
     * Reads the disk.
     *
     * @param limitOffset exclusive; at most the high watermark
     */
    public OptionalLong firstAtOrAfter(long timestampMs, long limitOffset) throws IOException {
        return state.log().firstAtOrAfter(timestampMs, limitOffset);
    }

    /**
     * What lies from an offset on, or from the log start where that is greater, and when retention may trim it. Reads about as much
     * as two reads do, however much that is.
     *
     * @param limitOffset exclusive; at most the high watermark
     */
    public PartitionBacklog backlog(long offset, long limitOffset) throws IOException {
        return state.backlog(offset, limitOffset);
    }

    /** Calls the listener after each move of the high watermark, on Ratis' updater: it must only wake somebody. */
    public Registration onHighWatermark(Runnable listener) {
        return state.listeners().add(listener);
    }

    /** Bytes of the segment files. */
    public long sizeBytes() {
        return state.log().sizeBytes();
    }

    /** Deletes the files below the log start that nobody needs any more. */
    void deleteTrimmed() {
        stateMachine.deleteTrimmed();
    }

    /** Makes a pass of compaction if one is due; blocks. Returns false where it failed. */
    boolean compact(CompactionRules rules, long nowMs, ReplicaCompaction.Means means) {
        return state.compaction().pass(rules, nowMs, means);
    }

    /** Whether a leader decided on files that are not here yet. */
    boolean compactionPending() {
        return state.compaction().firstPendingIndex() != ReplicaCompaction.NOTHING_PENDING;
    }

    /** See {@link ReplicaCompaction#backlog}. */
    long compactionBacklog() {
        return state.compaction().backlog();
    }

    boolean isCompacting() {
        return state.compaction().isRunning();
    }

    /** Deletes what was left of compaction before the newest start, as soon as that is known to be of no use. */
    void tidyCompaction() {
        state.compaction().tidy();
    }

    /** Makes the files that a leader decided on; blocks. Returns false where it failed. */
    boolean finishCompaction(ReplicaCompaction.Means means) {
        return state.compaction().finish(stateMachine::otherReplicas, means);
    }

    /** What failed here is tried again after a while. */
    void compactionWaits(CompactionProgress.Effort effort, long nanos) {
        state.compaction().waits(effort, nanos);
    }

    /** How far compaction has come here. */
    public CompactionStatus compaction() {
        return state.compaction().status();
    }

    long bytesSinceCheckpoint() {
        return state.bytesSinceCheckpoint();
    }

    /** Whether batches are taken here; as {@link #leadership} would say, but cheap enough to ask for each batch. */
    public boolean leads() {
        return state.appender().isLeading();
    }

    public Leadership leadership() {
        var server = stateMachine.getServer();
        if (!server.isDone()) {
            return new Leadership(false, state.leaderEpoch(0), 0, OptionalInt.empty());
        }
        try {
            return leadership(server.join());
        } catch (IOException e) {
            // The division is closing: it leads nothing.
            return new Leadership(false, state.leaderEpoch(0), 0, OptionalInt.empty());
        }
    }

    /** Raft entries that each other member has not confirmed, by node id; empty where this replica does not lead. */
    public Map<Integer, Long> entriesBehind() {
        var behind = new TreeMap<Integer, Long>();
        var server = stateMachine.getServer();
        if (server.isDone()) {
            try {
                Followers.of(server.join().getDivision(groupId))
                        .forEach((node, follower) -> behind.put(node, follower.entriesBehind()));
            } catch (IOException e) {
                return Map.of(); // the division is closing
            }
        }
        return behind;
    }

    /**
     * Has a majority confirm that no other replica had been elected when this was called. Then what this
     * one shows covers all that had been acknowledged, and all that readers of other replicas had seen. The
     * answer comes on any thread, which must not be held up; nothing blocks meanwhile.
     */
    public CompletableFuture<Confirmation> confirmLeadership(Duration within) {
        long beganNanos = System.nanoTime();
        var term = leads() ? state.tail().leadingTerm() : OptionalLong.empty();
        var division = stateMachine.runningDivision();
        if (term.isEmpty() || division.isEmpty()) {
            return CompletableFuture.completedFuture(Confirmation.NOT_LEADER);
        }
        // A follower may have applied, and shown, what is committed here and not applied yet.
        long shown = state.tail().endOffsetBehind(division.get().getRaftLog().getLastCommittedIndex());
        return stateMachine
                .confirm(term.getAsLong(), within)
                .thenCompose(confirmation -> confirmation == Confirmation.CONFIRMED
                        ? reached(shown, within.minusNanos(System.nanoTime() - beganNanos))
                        : CompletableFuture.completedFuture(confirmation));
    }

    private CompletableFuture<Confirmation> reached(long offset, Duration within) {
        if (highWatermark() >= offset) {
            return CompletableFuture.completedFuture(Confirmation.CONFIRMED);
        }
        var reached = new CompletableFuture<Confirmation>();
        Runnable look = () -> {
            if (highWatermark() >= offset) {
                reached.complete(Confirmation.CONFIRMED);
            }
        };
        var listening = onHighWatermark(look);
        look.run(); // it may have moved before anybody listened
        return reached.completeOnTimeout(Confirmation.UNANSWERED, within.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((confirmation, failure) -> listening.close());
    }

    private Leadership leadership(RaftServer server) throws IOException {
        DivisionInfo info = server.getDivision(groupId).getInfo();
        long term = info.getCurrentTerm();
        boolean leading = info.isLeader() && info.isLeaderReady();
        var leader = info.getLeaderId();
        return new Leadership(
                leading,
                state.leaderEpoch(term),
                term,
                leader == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(leader.toString())));
    }
}
