package io.cordwood.raft;

import io.cordwood.partition.CompactEntry;
import io.cordwood.store.CompactionPace;
import io.cordwood.store.LogCompactor;
import io.cordwood.store.RewrittenSegment;
import io.cordwood.store.SealedSegment;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the files that an applied entry of compaction lists: takes those that are there already, repeats the pass, or has them from
 * another replica.
 *
 * <p>Invariants: what comes of it is what the entry lists, durable and not part of the log yet. A file that is part of the log is not
 * written again.
 *
 * <p>Thread: the node's thread for compaction.
 */
final class EntryFiles {
    private static final Logger LOG = LoggerFactory.getLogger(EntryFiles.class);
    /** So often others are asked before keys may take more memory than is meant for them. */
    private static final int FETCHES_BEFORE_MORE_MEMORY = 3;

    private static final int PART_OF_FREE_HEAP = 4;

    private final ReplicaState replica;
    private final CompactionProgress progress;
    private final BooleanSupplier wanted;
    /** Whose files were not to be had from others. */
    private CompactEntry.@Nullable Pass unfetched;

    private int failedFetches;

    EntryFiles(ReplicaState replica, CompactionProgress progress, BooleanSupplier wanted) {
        this.replica = replica;
        this.progress = progress;
        this.wanted = wanted;
    }

    List<RewrittenSegment> make(CompactEntry entry, ReplicaCompaction.Others others, ReplicaCompaction.Means means)
            throws IOException {
        // A file that is part of the log already must not be written again: readers are in it.
        var missing = entry.segments().stream()
                .filter(segment -> !replica.log().transfer().has(segment))
                .toList();
        var made = new ArrayList<RewrittenSegment>();
        var left = new ArrayList<SealedSegment>();
        var pace = pace(CompactionProgress.sizeBytes(missing), means);
        for (var segment : missing) {
            // It may have been made before the node stopped, and by now nobody may be able to make it again.
            madeBefore(segment, pace).ifPresentOrElse(made::add, () -> left.add(segment));
        }
        if (!left.isEmpty()) {
            made.addAll(makeAnew(entry.pass(), left, others.peers(), means));
        }
        return made;
    }

    private Optional<RewrittenSegment> madeBefore(SealedSegment segment, CompactionPace pace) throws IOException {
        if (!wanted.getAsBoolean()) {
            throw new CompactionProgress.AbandonedException("compaction is to end");
        }
        return replica.log().transfer().look(segment, pace);
    }

    private List<RewrittenSegment> makeAnew(
            CompactEntry.Pass pass, List<SealedSegment> missing, List<CatchUpPeer> peers, ReplicaCompaction.Means means)
            throws IOException {
        var files = means.urgent().getAsBoolean()
                ? fetchInHaste(missing, peers, means)
                : Optional.<List<RewrittenSegment>>empty();
        if (files.isEmpty() && isRepeatable(pass, peers.isEmpty(), means)) {
            files = repeat(pass, missing, means);
        }
        return files.isPresent() ? files.get() : fetch(pass, missing, peers, means);
    }

    /** From another replica, as fast as they come: less to read than a pass. Empty where none has them. */
    private Optional<List<RewrittenSegment>> fetchInHaste(
            List<SealedSegment> missing, List<CatchUpPeer> peers, ReplicaCompaction.Means means) throws IOException {
        var fast = peers.stream().map(CatchUpPeer::unthrottled).toList();
        try {
            return Optional.of(
                    new FileFetch(replica, fast, pace(CompactionProgress.sizeBytes(missing), means)).all(missing));
        } catch (InterruptedIOException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            LOG.info("{}: files that are urgent come from no other replica: {}", replica.id(), e.getMessage());
            return Optional.empty();
        }
    }

    private CompactionPace pace(long allBytes, ReplicaCompaction.Means means) {
        return progress.begin(allBytes, means, wanted);
    }

    /** Whether this node may make the same pass: it knows the rules and has the memory. */
    private boolean isRepeatable(CompactEntry.Pass pass, boolean isAlone, ReplicaCompaction.Means means) {
        boolean isKnown = isKnown(pass);
        boolean fits = LogCompactor.holds(means.keyBytes(), pass.keys());
        boolean isRepeated = isKnown && (fits || mayTakeMoreMemory(pass, isAlone, means));
        if (!isKnown || !fits) {
            LOG.warn(
                    "{}: the files of a pass of version {} with {} keys, which {} bytes shall hold, are to be {}",
                    replica.id(),
                    pass.rewriteVersion(),
                    pass.keys(),
                    means.keyBytes(),
                    isRepeated ? "made nevertheless" : "fetched");
        }
        return isRepeated;
    }

    private static boolean isKnown(CompactEntry.Pass pass) {
        return pass.rewriteVersion() == CompactEntry.REWRITE_VERSION;
    }

    /**
     * Where there is nobody to ask, or nobody had the files again and again, and a small part of the free heap will do: a node whose
     * heap is full ends, and would do the same after its start.
     */
    private boolean mayTakeMoreMemory(CompactEntry.Pass pass, boolean isAlone, ReplicaCompaction.Means means) {
        boolean wereNotToBeHad = pass.equals(unfetched) && failedFetches >= FETCHES_BEFORE_MORE_MEMORY;
        return (isAlone || wereNotToBeHad)
                && LogCompactor.keyBytes(pass.keys()) <= means.freeHeapBytes().getAsLong() / PART_OF_FREE_HEAP;
    }

    /** The same pass; empty where it does not come to the same files. */
    private Optional<List<RewrittenSegment>> repeat(
            CompactEntry.Pass pass, List<SealedSegment> expected, ReplicaCompaction.Means means) throws IOException {
        long bytes = CompactionProgress.bytesToRead(replica.log().segments(), pass.scanned(), expected);
        var compactor = replica.log().compactor(pace(bytes, means));
        try {
            var result = compactor.repeat(pass.scanned(), pass.keys(), expected, pass.times());
            var sealed =
                    result.segments().stream().map(RewrittenSegment::sealed).toList();
            if (sealed.equals(expected)) {
                return Optional.of(result.segments());
            }
            LOG.warn("{}: the pass gives {} here, expected {}", replica.id(), sealed, expected);
            compactor.discard(sealed);
        } catch (InterruptedIOException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
            // Also of a codec whose library is missing. The heap may be taken by others meanwhile; a JVM that exits on
            // that, as the launcher's do, does not come here.
            LOG.warn("{}: the pass of {} cannot be made here", replica.id(), pass.scanned(), e);
        }
        return Optional.empty();
    }

    private List<RewrittenSegment> fetch(
            CompactEntry.Pass pass, List<SealedSegment> missing, List<CatchUpPeer> peers, ReplicaCompaction.Means means)
            throws IOException {
        try {
            return new FileFetch(replica, peers, pace(CompactionProgress.sizeBytes(missing), means)).all(missing);
        } catch (InterruptedIOException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            failedFetches = pass.equals(unfetched) ? failedFetches + 1 : 1;
            unfetched = pass;
            throw isKnown(pass) && !LogCompactor.holds(means.keyBytes(), pass.keys())
                    ? new IOException(memoryAdvice(pass, means) + e.getMessage(), e)
                    : e;
        }
    }

    private static String memoryAdvice(CompactEntry.Pass pass, ReplicaCompaction.Means means) {
        return "compaction.key-bytes is " + means.keyBytes() + ", and to make the files here would take "
                + LogCompactor.keyBytes(pass.keys()) + " bytes for " + pass.keys() + " keys; ";
    }
}
