package io.cordwood.batch;

import io.cordwood.batch.BatchCheck.Accepted;
import io.cordwood.batch.BatchCheck.Reason;
import io.cordwood.batch.BatchCheck.Rejected;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Decides on the leader, before anything is submitted, whether a producer's batch may enter the log. Checks come in
 * the order in which Kafka's broker makes them, cheap ones first; every record is walked, those of a compressed batch
 * as they unpack.
 *
 * <p>Invariants: any bytes give an answer, never an exception; memory and time are bounded by {@link BatchLimits};
 * the given bytes are not written to. An uncompressed batch costs no garbage per record.
 *
 * <p>Leader's time is not stamped here, because it must never fall and so is drawn later, in log order: see {@link
 * RecordBatch#stampLogAppendTime}.
 *
 * <p><b>Thread:</b> any; immutable.
 */
public final class BatchValidator {
    private static final int KNOWN_ATTRIBUTES = RecordBatch.COMPRESSION_MASK
            | RecordBatch.LOG_APPEND_TIME_BIT
            | RecordBatch.TRANSACTIONAL_BIT
            | RecordBatch.CONTROL_BIT;

    private final BatchLimits limits;

    public BatchValidator(BatchLimits limits) {
        this.limits = limits;
    }

    /**
     * @param bytes position to limit, exactly one batch; an accepted batch is a view of them
     * @param nowMs the leader's clock
     */
    public BatchCheck check(ByteBuffer bytes, TimestampRules rules, long nowMs) {
        var rejected = checkShape(bytes.slice());
        if (rejected != null) {
            return rejected;
        }
        var batch = RecordBatch.of(bytes);
        rejected = checkHeader(batch);
        return rejected != null ? rejected : checkRecords(batch, rules, nowMs);
    }

    private @Nullable Rejected checkShape(ByteBuffer bytes) {
        int size = bytes.limit();
        if (size < RecordBatch.HEADER_BYTES) {
            var reason = size == 0 ? Reason.EMPTY : Reason.TOO_SMALL;
            return new Rejected(reason, "size", RecordBatch.HEADER_BYTES, size, size + " bytes are less than a header");
        }
        int magic = bytes.get(RecordBatch.MAGIC_POSITION);
        if (magic != RecordBatch.MAGIC) {
            return new Rejected(
                    Reason.WRONG_MAGIC, "magic", RecordBatch.MAGIC, magic, "only record batches of magic 2 are taken");
        }
        int stated = RecordBatch.sizeAt(bytes, 0);
        if (stated != size) {
            return new Rejected(
                    Reason.LENGTH_MISMATCH,
                    "length",
                    size,
                    stated,
                    "exactly one batch is expected: " + size + " bytes were sent, the batch states " + stated);
        }
        return null;
    }

    private @Nullable Rejected checkHeader(RecordBatch batch) {
        if (batch.baseOffset() != 0) {
            return new Rejected(
                    Reason.BASE_OFFSET_NOT_ZERO,
                    "baseOffset",
                    0,
                    batch.baseOffset(),
                    "offsets are the leader's to set");
        }
        if (batch.sizeBytes() > limits.batchMaxBytes()) {
            return new Rejected(
                    Reason.TOO_LARGE,
                    "size",
                    limits.batchMaxBytes(),
                    batch.sizeBytes(),
                    "the batch takes " + batch.sizeBytes() + " bytes, the limit is " + limits.batchMaxBytes());
        }
        int crc = batch.computeCrc();
        if (crc != batch.crc()) {
            return new Rejected(
                    Reason.BAD_CRC,
                    "crc",
                    Integer.toUnsignedLong(crc),
                    Integer.toUnsignedLong(batch.crc()),
                    "the bytes have crc " + Integer.toHexString(crc) + ", the header states "
                            + Integer.toHexString(batch.crc()));
        }
        var rejected = checkCount(batch);
        rejected = rejected != null ? rejected : checkProducer(batch);
        return rejected != null ? rejected : checkAttributes(batch);
    }

    private static @Nullable Rejected checkCount(RecordBatch batch) {
        long expected = batch.lastOffsetDelta() + 1L;
        int count = batch.recordCount();
        if (count == 0) {
            return new Rejected(Reason.EMPTY, "recordCount", 1, 0, "a batch needs at least one record");
        }
        if (count < 0 || count != expected) {
            return new Rejected(
                    Reason.COUNT_MISMATCH,
                    "recordCount",
                    expected,
                    count,
                    count + " records, but offsets for " + expected);
        }
        if (batch.isControl()) {
            return new Rejected(
                    Reason.CONTROL_BATCH, "attributes", -1, batch.attributes(), "control batches are not a client's");
        }
        return null;
    }

    private static @Nullable Rejected checkProducer(RecordBatch batch) {
        if (batch.hasProducer()) {
            if (batch.producerEpoch() < 0) {
                return badSequence("producerEpoch", batch.producerEpoch(), "a producer id needs an epoch");
            }
            return batch.baseSequence() >= 0
                    ? null
                    : badSequence("baseSequence", batch.baseSequence(), "a producer id needs a sequence");
        }
        if (batch.producerId() != RecordBatch.NO_PRODUCER_ID) {
            return badSequence("producerId", batch.producerId(), "a producer id is >= 0, or -1 for none");
        }
        return batch.isTransactional()
                ? badSequence("producerId", batch.producerId(), "a transactional batch needs a producer id")
                : null;
    }

    private static Rejected badSequence(String field, long value, String detail) {
        return new Rejected(Reason.BAD_SEQUENCE, field, 0, value, detail);
    }

    private static @Nullable Rejected checkAttributes(RecordBatch batch) {
        int attributes = batch.attributes();
        if ((attributes & ~KNOWN_ATTRIBUTES) != 0 || batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
            return new Rejected(
                    Reason.BAD_ATTRIBUTES,
                    "attributes",
                    -1,
                    attributes,
                    "delete horizon, leader's time and unknown bits are not a producer's to set");
        }
        int codec = attributes & RecordBatch.COMPRESSION_MASK;
        if (Compression.ofId(codec).isEmpty()) {
            return new Rejected(Reason.UNKNOWN_COMPRESSION, "attributes", -1, codec, "no compression has id " + codec);
        }
        return null;
    }

    private BatchCheck checkRecords(RecordBatch batch, TimestampRules rules, long nowMs) {
        var walk = new RecordWalk(batch, rules, nowMs);
        var rejected = walk.run(limits.decompressedMaxBytes(batch.sizeBytes()));
        if (rejected != null) {
            return rejected;
        }
        boolean wrongMaximum = rules.type() == TimestampType.CREATE_TIME && batch.maxTimestamp() != walk.maxTimestamp();
        return new Accepted(wrongMaximum ? withMaxTimestamp(batch, walk.maxTimestamp()) : batch);
    }

    /** Retention and the search by time rest on this field, so a client's mistake is put right like Kafka does. */
    private static RecordBatch withMaxTimestamp(RecordBatch batch, long maxTimestamp) {
        var copy = ByteBuffer.allocate(batch.sizeBytes()).put(batch.bytes()).flip();
        copy.putLong(RecordBatch.MAX_TIMESTAMP_POSITION, maxTimestamp);
        RecordBatch.writeCrc(copy, 0, copy.limit());
        return RecordBatch.of(copy);
    }
}
