package io.cordwood.raft;

import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.CompactEntry;
import io.cordwood.partition.PartitionState;
import io.cordwood.partition.PartitionTail;
import io.cordwood.raft.RaftLogScan.Found;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.CorruptLogException;
import io.cordwood.store.PartitionLog;
import io.cordwood.store.RecoveryPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A replica as its files tell of it, before Ratis opens its group.
 *
 * @param state at the checkpoint
 * @param tail at the end of the raft log
 * @param hold for the raft log as it was found
 * @param unverifiedFrom first raft index whose bytes the segment files do not hold. Above the floor that is legal: they were cut
 *     for entries of a newer term whose headers did not reach the raft log; the leader truncates these. Long.MAX_VALUE where
 *     all are there
 * @param refetches whether the files were given up, see {@link RefetchMarker}
 */
record RecoveredReplica(
        PartitionLog log,
        PartitionState state,
        PartitionTail tail,
        PayloadHold hold,
        long unverifiedFrom,
        boolean refetches) {
    /** Left behind in the partition's directory by a replica that stopped the node because of damage; holds the reason. */
    static final String DAMAGE_MARKER = "damaged";

    /**
     * Opens a replica's files.
     *
     * @throws DamagedReplicaException where something at or below the durable floor is missing or wrong, or
     *     the disk does not give the bytes of a file
     * @throws io.cordwood.store.UnknownFormatException where a newer build wrote the files
     */
    static RecoveredReplica open(PartitionContext context) throws IOException {
        try {
            return DamagedFileException.read(context.directory(), () -> openFiles(context));
        } catch (CorruptLogException | DamagedFileException e) {
            throw damaged(context, String.valueOf(e.getMessage()), e);
        }
    }

    private static RecoveredReplica openFiles(PartitionContext context) throws IOException {
        var marker = context.directory().resolve(DAMAGE_MARKER);
        if (Files.exists(marker)) {
            throw damaged(context, Files.readString(marker), null);
        }
        var node = context.node();
        node.storage().disk().createDirectories(context.directory());
        var checkpoint = CheckpointFile.read(node.storage().disk(), context.directory());
        long checkpointIndex = checkpoint.map(Checkpoint::index).orElse(-1L);
        long floor = node.floor().of(context.groupUuid()).orElse(-1);
        var scan = scan(context, checkpointIndex, floor);
        checkJoint(context, scan, checkpointIndex, floor);
        checkVote(context, scan, checkpoint.map(Checkpoint::term).orElse(-1L));
        boolean refetches = RefetchMarker.counts(node.storage().disk(), context.directory(), checkpointIndex);
        var log = PartitionLog.open(
                context.directory(),
                context.id(),
                context.settings().log(),
                node.storage(),
                refetches ? RecoveryPoint.givenUp() : point(checkpoint, scan.entriesBehind(checkpointIndex), floor));
        try {
            // Where the files were given up, their bytes are not missed: nothing is applied before others are fetched.
            var opened = recovered(context, checkpoint, scan, refetches ? -1 : floor, log);
            if (refetches) {
                return opened.refetching(); // its files may end anywhere: no high watermark until a fetched one
            }
            log.advanceHighWatermark(opened.state().highWatermark());
            return opened;
        } catch (IOException e) {
            log.close();
            throw e;
        }
    }

    private RecoveredReplica refetching() {
        return new RecoveredReplica(log, state, tail, hold, unverifiedFrom, true);
    }

    private static RaftLogScan scan(PartitionContext context, long checkpointIndex, long floor) throws IOException {
        int entryMaxBytes = context.node().payloadMaxBytes() + RatisSettings.ENTRY_OVERHEAD_BYTES;
        try {
            RaftLogForce.force(context.node().storage().disk(), context.raftGroupDirectory());
            RaftLogPurge.finish(
                    context.raftGroupDirectory(), new RaftLogPurge.Reach(checkpointIndex, floor), entryMaxBytes);
            return RaftLogScan.read(context.raftGroupDirectory(), entryMaxBytes);
        } catch (DamagedFileException e) {
            throw damaged(context, "raft log: " + e.getMessage(), e);
        }
    }

    /** The raft log must join the checkpoint without a hole, and one of them must reach the floor. */
    private static void checkJoint(PartitionContext context, RaftLogScan scan, long checkpointIndex, long floor)
            throws DamagedReplicaException {
        long first = scan.firstIndex().orElse(checkpointIndex + 1);
        if (first > checkpointIndex + 1) {
            throw damaged(
                    context, "the raft log begins at " + first + ", the checkpoint stands at " + checkpointIndex, null);
        }
        long end = Math.max(scan.lastIndex().orElse(-1), checkpointIndex);
        if (end < floor) {
            throw damaged(context, "the raft log ends at " + end + ", it had reached " + floor, null);
        }
    }

    /** A replica that forgot its vote, or who the members are, must not take part in an election. */
    private static void checkVote(PartitionContext context, RaftLogScan scan, long checkpointTerm) throws IOException {
        var known = context.node().votes().of(context.groupUuid());
        var fault = RaftMeta.fault(context.raftGroupDirectory(), scan.span(), known, checkpointTerm);
        if (fault.isPresent()) {
            throw damaged(context, fault.get(), null);
        }
    }

    private static RecoveryPoint point(Optional<Checkpoint> checkpoint, List<Found> entries, long floor) {
        long durableEnd = entries.stream()
                .filter(found -> found.index() <= floor)
                .mapToLong(found -> found.entry().endOffset(0))
                .max()
                .orElse(0);
        var compacted = entries.stream()
                .filter(found -> found.entry() instanceof CompactEntry)
                .flatMap(found -> ((CompactEntry) found.entry()).segments().stream())
                .toList();
        return RecoveryPoint.of(checkpoint).withDurableEndOffset(durableEnd).withCompacted(compacted);
    }

    private static RecoveredReplica recovered(
            PartitionContext context, Optional<Checkpoint> checkpoint, RaftLogScan scan, long floor, PartitionLog log)
            throws IOException {
        var state = checkpoint
                .map(found -> PartitionState.of(found, context.epochBase()))
                .orElseGet(() -> PartitionState.empty(context.id(), context.epochBase()));
        var tail = new PartitionTail(
                context.id(),
                state.logStartOffset(),
                state.highWatermark(),
                state.lastLeaderTimeMs(),
                state.compactedEnd());
        var entries = scan.entriesBehind(state.index());
        try {
            entries.forEach(found -> tail.append(found.entry(), found.term(), found.index()));
        } catch (IllegalStateException e) {
            throw damaged(context, String.valueOf(e.getMessage()), e);
        }
        long unverifiedFrom = firstUnverified(context, entries, log);
        if (unverifiedFrom <= floor) {
            throw damaged(
                    context, "the bytes of raft index " + unverifiedFrom + " are missing, the floor is " + floor, null);
        }
        var hold = PayloadHold.of(scan, state.index(), state.highWatermark());
        return new RecoveredReplica(log, state, tail, hold, unverifiedFrom, false);
    }

    private static long firstUnverified(PartitionContext context, List<Found> entries, PartitionLog log)
            throws IOException {
        for (Found found : entries) {
            // What was trimmed had been applied, so it was whole; its files may be gone.
            if (!(found.entry() instanceof AppendEntry entry) || entry.endOffset() <= log.logStartOffset()) {
                continue;
            }
            int epoch = Math.addExact(context.epochBase(), Math.toIntExact(found.term()));
            var stored = log.readExactly(entry.baseOffset(), entry.endOffset(), entry.payloadBytes());
            // What opening the log has left behind the checkpoint has right CRCs.
            if (stored.isEmpty() || !SegmentWriter.holdsHeaders(entry, epoch, stored.get())) {
                return found.index();
            }
        }
        return Long.MAX_VALUE;
    }

    private static DamagedReplicaException damaged(PartitionContext context, String reason, @Nullable Throwable cause) {
        return new DamagedReplicaException(context.id(), reason, cause);
    }
}
