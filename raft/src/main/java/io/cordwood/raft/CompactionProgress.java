package io.cordwood.raft;

import io.cordwood.partition.PartitionState.Compactable;
import io.cordwood.store.CompactionPace;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.PartitionId;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentInfo;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a replica's passes have read, how fast they may go on, and what became of the newest one.
 *
 * <p>Thread: a pass's counts; any reads.
 */
final class CompactionProgress {
    private static final Logger LOG = LoggerFactory.getLogger(CompactionProgress.class);
    private static final int ERROR_MAX_CHARS = 1_000;
    private static final String WAY_OUT =
            ". Start all nodes of the partition; if the one that made the files is lost and the others run another version, start one"
                    + " with that version until it has them";

    private final LongSupplier clockNanos;
    private final AtomicLong doneBytes = new AtomicLong();
    private volatile long totalBytes;
    private final Newest files = new Newest();
    private final Newest passes = new Newest();
    private final Newest tidying = new Newest();

    /** What is tried, and again where it fails. */
    enum Effort {
        /** Files that a leader decided on: this replica cannot go on for good without them. */
        FILES,
        /** A pass of its own. */
        PASS,
        /** To delete what nobody needs. */
        TIDY
    }

    /** What became of the newest try. */
    private static final class Newest {
        private volatile String error = "";
        /** When the next one comes; null where nothing waits for one. */
        private volatile @Nullable Long retryNanos;
    }

    CompactionProgress(LongSupplier clockNanos) {
        this.clockNanos = clockNanos;
    }

    private Newest of(Effort effort) {
        return switch (effort) {
            case FILES -> files;
            case PASS -> passes;
            case TIDY -> tidying;
        };
    }

    /** Ends a pass that is not wanted any more. */
    static final class AbandonedException extends InterruptedIOException {
        private static final long serialVersionUID = 1L;

        AbandonedException(String message) {
            super(message);
        }
    }

    /** What a pass reads at most: the keys of a range, and what it writes again. */
    static long bytesToRead(List<SegmentInfo> segments, OffsetRange scanned, List<SealedSegment> rewritten) {
        long bytes = 0;
        for (var segment : segments) {
            boolean isScanned = segment.baseOffset() < scanned.end() && scanned.start() < segment.endOffset();
            boolean isRewritten =
                    rewritten.stream().anyMatch(listed -> listed.offsets().contains(segment.baseOffset()));
            bytes += (isScanned ? segment.sizeBytes() : 0) + (isRewritten ? segment.sizeBytes() : 0);
        }
        return bytes;
    }

    /** What there is to fetch of files. */
    static long sizeBytes(List<SealedSegment> fetched) {
        return fetched.stream().mapToLong(SealedSegment::sizeBytes).sum();
    }

    /**
     * Begins to count.
     *
     * @param allBytes what there is to read
     * @param wanted asked after each batch
     */
    CompactionPace begin(long allBytes, ReplicaCompaction.Means means, BooleanSupplier wanted) {
        doneBytes.set(0);
        totalBytes = allBytes;
        return bytes -> {
            doneBytes.addAndGet(bytes);
            if (!wanted.getAsBoolean()) {
                throw new AbandonedException("the pass is not wanted any more");
            }
            try {
                means.take(bytes);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("the node stops");
            }
        };
    }

    void succeeded(Effort effort) {
        of(effort).error = "";
        waitsNoMore(effort);
    }

    /** Nothing waits for the next try, and the newest one counts for none: it was interrupted, or could not begin. */
    void waitsNoMore(Effort effort) {
        of(effort).retryNanos = null;
    }

    void failed(Effort effort, PartitionId replica, Throwable cause) {
        boolean filesAreMissing = effort == Effort.FILES;
        of(effort).error = reasonOf(cause) + (filesAreMissing ? WAY_OUT : "");
        if (filesAreMissing) {
            LOG.error(
                    "{}: files that a leader decided on are not to be had: until they are, no checkpoint is taken, and the raft log"
                            + " grows{}; it is tried again",
                    replica,
                    WAY_OUT,
                    cause);
        } else {
            LOG.warn("{}: compaction failed and is tried again", replica, cause);
        }
    }

    /** The pass was made for nothing, or may have been. */
    void wasVoid(Proposal.Outcome outcome) {
        passes.error = switch (outcome) {
            case NOT_NEEDED -> "the pass was void: what it was made from was trimmed, or another pass came";
            case NOT_LEADER -> "the pass was void: this replica does not lead any more";
            case OVERLOADED -> "the pass was void: too many entries were in flight";
            case UNKNOWN -> "the entry of the pass did not fit behind one in flight, or it is still to come";
            case APPLIED -> throw new IllegalArgumentException("outcome " + outcome);
        };
    }

    /** The next try comes after a while. */
    void waits(Effort effort, long nanos) {
        of(effort).retryNanos = clockNanos.getAsLong() + nanos;
    }

    /** What went wrong and, where several things were tried, what was wrong with each. */
    static String reasonOf(Throwable cause) {
        var reason =
                new StringBuilder(cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage());
        for (var suppressed : cause.getSuppressed()) {
            var more = reasonOf(suppressed);
            if (reason.indexOf(more) < 0) {
                reason.append("; ").append(more);
            }
        }
        return reason.length() <= ERROR_MAX_CHARS ? reason.toString() : reason.substring(0, ERROR_MAX_CHARS) + "...";
    }

    /**
     * @param pendingSinceNanos since when files are missing
     * @param leads whether passes of its own are to come
     */
    CompactionStatus status(Compactable applied, boolean running, OptionalLong pendingSinceNanos, boolean leads) {
        long now = clockNanos.getAsLong();
        var shown = shown(pendingSinceNanos.isPresent(), leads);
        var retry = shown.retryNanos;
        long total = totalBytes;
        return new CompactionStatus(
                applied.compactedEnd(),
                applied.segments().active().baseOffset(),
                running,
                Math.min(doneBytes.get(), total), // what is fetched comes again from another replica where one fails
                total,
                shown.error,
                pendingSinceNanos.isEmpty() ? OptionalLong.empty() : millis(now - pendingSinceNanos.getAsLong()),
                retry == null ? OptionalLong.empty() : millis(Math.max(0, retry - now)));
    }

    private Newest shown(boolean filesAreMissing, boolean leads) {
        if (filesAreMissing && !files.error.isEmpty()) {
            return files;
        }
        return leads ? passes : new Newest();
    }

    private static OptionalLong millis(long nanos) {
        return OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(nanos));
    }
}
