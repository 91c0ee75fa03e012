package io.cordwood.partition;

import io.cordwood.batch.RecordBatch;
import io.cordwood.store.ActiveSegmentInfo;
import io.cordwood.store.LogConfig;
import io.cordwood.store.PartitionId;
import io.cordwood.store.ProducerEntry;
import io.cordwood.store.ProducerState;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An entry in the making: judges batches one after another against the tail and against the batches drafted before, and gives
 * the accepted ones their offsets.
 *
 * <p>Thread: the appender's turn, from the look at the tail to the submit; entries of this term enter the log only there, so the
 * tail's producers do not change meanwhile.
 */
public final class AppendDraft {
    private final PartitionId partition;
    private final long term;
    private final Place place;
    private final ProducerState tailProducers;
    private final ProducerState draftProducers = new ProducerState();
    private final List<RecordBatch> accepted = new ArrayList<>();
    private final List<BatchHeader> headers = new ArrayList<>();
    private long endOffset;
    private int payloadBytes;

    /**
     * Where in the log the entry goes.
     *
     * @param baseOffset of its first batch
     * @param logStartOffset as the entries before it make it
     * @param active likewise
     */
    record Place(long baseOffset, long logStartOffset, ActiveSegmentInfo active) {
        /** A segment that holds nothing but trimmed records takes no more: only a sealed one can be deleted. */
        boolean isAllTrimmed() {
            return !active.isEmpty() && logStartOffset == baseOffset;
        }
    }

    AppendDraft(PartitionId partition, long term, Place place, ProducerState tailProducers) {
        this.partition = partition;
        this.term = term;
        this.place = place;
        this.tailProducers = tailProducers;
        endOffset = place.baseOffset();
    }

    /** What becomes of a batch. */
    public sealed interface Verdict {
        /** It has its place in the draft. */
        record Accepted(long baseOffset, long endOffset) implements Verdict {}

        /** It is in the log, or in the draft, already. */
        record Duplicate(long baseOffset, long endOffset) implements Verdict {}

        /** It leaves a gap in its producer's sequence. */
        record OutOfOrder(int expected) implements Verdict {}

        /** A newer epoch of its producer is known. */
        record Fenced(short currentEpoch) implements Verdict {}

        /** Its producer is new, and too many are remembered. */
        record TooManyProducers(int limit) implements Verdict {}

        /** The log does not end where the caller expects. */
        record EndOffsetMismatch(long found) implements Verdict {}
    }

    /** Judges a batch and, where it is accepted, adds it. */
    public Verdict offer(RecordBatch batch, OptionalLong expectedEndOffset, long leaderTimeMs) {
        if (batch.producerId() != BatchHeader.NO_PRODUCER) {
            var refusal = judgeSequence(batch, leaderTimeMs);
            if (refusal != null) {
                return refusal;
            }
        }
        if (expectedEndOffset.isPresent() && expectedEndOffset.getAsLong() != endOffset) {
            return new Verdict.EndOffsetMismatch(endOffset);
        }
        return accept(batch, leaderTimeMs);
    }

    private @Nullable Verdict judgeSequence(RecordBatch batch, long leaderTimeMs) {
        var known = draftProducers.contains(batch.producerId()) ? draftProducers : tailProducers;
        var decision = check(known, batch);
        if (decision instanceof ProducerState.Decision.TooMany) {
            // An entry would make them expire, but where every producer is a new one there would never be an entry.
            known.expire(leaderTimeMs);
            decision = check(known, batch);
        }
        if (decision instanceof ProducerState.Decision.Append) {
            return null;
        }
        if (decision instanceof ProducerState.Decision.Duplicate duplicate) {
            return new Verdict.Duplicate(duplicate.baseOffset(), duplicate.endOffset());
        }
        if (decision instanceof ProducerState.Decision.OutOfOrder outOfOrder) {
            return new Verdict.OutOfOrder(outOfOrder.expectedSequence());
        }
        if (decision instanceof ProducerState.Decision.Fenced fenced) {
            return new Verdict.Fenced(fenced.currentEpoch());
        }
        if (decision instanceof ProducerState.Decision.TooMany tooMany) {
            return new Verdict.TooManyProducers(tooMany.limit());
        }
        throw new IllegalStateException("decision " + decision);
    }

    private static ProducerState.Decision check(ProducerState known, RecordBatch batch) {
        return known.check(batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.recordCount());
    }

    private Verdict accept(RecordBatch batch, long leaderTimeMs) {
        long first = endOffset;
        headers.add(new BatchHeader(
                first,
                batch.recordCount(),
                batch.sizeBytes(),
                batch.crc(),
                batch.attributes(),
                batch.maxTimestamp(),
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence()));
        accepted.add(batch);
        endOffset += batch.recordCount();
        payloadBytes += batch.sizeBytes();
        if (batch.producerId() != BatchHeader.NO_PRODUCER) {
            if (!draftProducers.contains(batch.producerId())) {
                tailProducers.copyTo(draftProducers, batch.producerId());
            }
            draftProducers.append(
                    batch.producerId(),
                    batch.producerEpoch(),
                    new ProducerEntry.Batch(batch.baseSequence(), batch.recordCount(), first),
                    leaderTimeMs);
        }
        return new Verdict.Accepted(first, endOffset);
    }

    /** Whether another batch of this size may go into the same entry. */
    public boolean hasRoom(int sizeBytes, int payloadLimitBytes) {
        return accepted.isEmpty()
                || (accepted.size() < EntryCodec.MAX_BATCHES && payloadBytes + sizeBytes <= payloadLimitBytes);
    }

    public boolean isEmpty() {
        return accepted.isEmpty();
    }

    /** The accepted batches, in order of their offsets. */
    public List<RecordBatch> batches() {
        return accepted;
    }

    public int payloadBytes() {
        return payloadBytes;
    }

    /** The term that the draft was made in. */
    public long term() {
        return term;
    }

    /** The offset that the draft begins at. */
    public long baseOffset() {
        return place.baseOffset();
    }

    /** The entry. A segment that would outgrow its limit, is too old or holds nothing any more is rolled before it. */
    public AppendEntry entry(LogConfig config, long leaderTimeMs) {
        boolean roll = place.isAllTrimmed() || config.shouldRoll(place.active(), payloadBytes, leaderTimeMs);
        return new AppendEntry(partition, leaderTimeMs, roll, headers);
    }
}
