package io.cordwood.batch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * View over one encoded record batch: the bytes {@code [position, limit)} that the buffer had at creation. Nothing is
 * copied, no buffer's position is moved.
 *
 * <p>Invariants: at least {@value #HEADER_BYTES} bytes, the length field covers exactly the view, magic is 2. The CRC
 * is not among them: ask {@link #crcMatches()}. The records are not either: {@link #records()} checks them as it goes.
 *
 * <p><b>Thread:</b> any number of readers; whoever writes to the bytes below (see {@link #stamp}) must do so before
 * the view is handed out.
 *
 * <p><b>Layout</b>, big endian:
 *
 * <pre>
 * at  bytes  field
 *  0  8      base offset           set by the leader, outside the CRC
 *  8  4      bytes after this field
 * 12  4      leader epoch          set by the leader, outside the CRC
 * 16  1      magic = 2
 * 17  4      CRC-32C of all bytes from 21 on
 * 21  2      attributes: bits 0-2 compression, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon
 * 23  4      last offset delta
 * 27  8      base timestamp (delete horizon where bit 6 is set)
 * 35  8      maximum timestamp
 * 43  8      producer id, -1 = none
 * 51  2      producer epoch, -1 = none
 * 53  4      base sequence, -1 = none
 * 57  4      record count
 * 61  ...    records; with a codec one compressed stream of them all
 *
 * record = length varint . attributes int8 . timestamp delta varlong . offset delta varint
 *          . key length varint (-1 null) . key . value length varint (-1 null) . value
 *          . header count varint . { name length varint . name . value length varint (-1 null) . value }
 * varint, varlong = zigzag, seven bits a byte, least significant first
 * </pre>
 *
 * <p><b>Source:</b> Apache Kafka's record batch format, magic 2 (KIP-98); CRC-32C, RFC 3720 B.4.
 */
public final class RecordBatch {
    public static final int HEADER_BYTES = 61;
    /** The base offset and the length field, which does not count itself nor what is before it. */
    public static final int SIZE_PREFIX_BYTES = 12;

    public static final byte MAGIC = 2;
    public static final long NO_PRODUCER_ID = -1;
    public static final short NO_PRODUCER_EPOCH = -1;
    public static final int NO_SEQUENCE = -1;
    public static final int NO_LEADER_EPOCH = -1;
    public static final long NO_TIMESTAMP = -1;
    /** What {@link #records()} unpacks of one compressed batch before it gives up. */
    public static final long DEFAULT_DECOMPRESSED_MAX_BYTES = 256L << 20;

    static final int BASE_OFFSET_POSITION = 0;
    static final int LENGTH_POSITION = BASE_OFFSET_POSITION + Long.BYTES;
    static final int LEADER_EPOCH_POSITION = LENGTH_POSITION + Integer.BYTES;
    static final int MAGIC_POSITION = LEADER_EPOCH_POSITION + Integer.BYTES;
    static final int CRC_POSITION = MAGIC_POSITION + Byte.BYTES;
    static final int ATTRIBUTES_POSITION = CRC_POSITION + Integer.BYTES;
    static final int LAST_OFFSET_DELTA_POSITION = ATTRIBUTES_POSITION + Short.BYTES;
    static final int BASE_TIMESTAMP_POSITION = LAST_OFFSET_DELTA_POSITION + Integer.BYTES;
    static final int MAX_TIMESTAMP_POSITION = BASE_TIMESTAMP_POSITION + Long.BYTES;
    static final int PRODUCER_ID_POSITION = MAX_TIMESTAMP_POSITION + Long.BYTES;
    static final int PRODUCER_EPOCH_POSITION = PRODUCER_ID_POSITION + Long.BYTES;
    static final int BASE_SEQUENCE_POSITION = PRODUCER_EPOCH_POSITION + Short.BYTES;
    static final int RECORD_COUNT_POSITION = BASE_SEQUENCE_POSITION + Integer.BYTES;
    static final int RECORDS_POSITION = RECORD_COUNT_POSITION + Integer.BYTES;

    static final int COMPRESSION_MASK = 0x07;
    static final int LOG_APPEND_TIME_BIT = 0x08;
    static final int TRANSACTIONAL_BIT = 0x10;
    static final int CONTROL_BIT = 0x20;
    static final int DELETE_HORIZON_BIT = 0x40;

    private final ByteBuffer buffer;

    private RecordBatch(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    /**
     * The buffer, from position to limit, as exactly one batch.
     *
     * @throws MalformedBatchException when it is shorter than a header, its length field disagrees, or magic is not 2
     */
    public static RecordBatch of(ByteBuffer bytes) {
        var buffer = bytes.slice();
        if (buffer.limit() < HEADER_BYTES) {
            throw new MalformedBatchException("size", buffer.limit() + " bytes are less than a header");
        }
        int magic = buffer.get(MAGIC_POSITION);
        if (magic != MAGIC) {
            throw new MalformedBatchException("magic", "expected " + MAGIC + ", found " + magic);
        }
        int length = buffer.getInt(LENGTH_POSITION);
        if (length != buffer.limit() - SIZE_PREFIX_BYTES) {
            throw new MalformedBatchException(
                    "length", "expected " + (buffer.limit() - SIZE_PREFIX_BYTES) + ", found " + length);
        }
        return new RecordBatch(buffer);
    }

    /**
     * Size of the batch that begins at this position, by its length field alone: of damaged bytes it is nonsense, also
     * zero or negative.
     *
     * @param buffer big endian, with at least {@value #SIZE_PREFIX_BYTES} bytes from position on
     */
    public static int sizeAt(ByteBuffer buffer, int position) {
        requireBigEndian(buffer);
        return SIZE_PREFIX_BYTES + buffer.getInt(position + LENGTH_POSITION);
    }

    /** Writes the two fields outside the CRC that the leader decides on, in place. */
    public static void stamp(ByteBuffer buffer, int position, long baseOffset, int leaderEpoch) {
        requireBigEndian(buffer);
        buffer.putLong(position + BASE_OFFSET_POSITION, baseOffset);
        buffer.putInt(position + LEADER_EPOCH_POSITION, leaderEpoch);
    }

    /**
     * Makes the leader's time the timestamp of every record of the batch at this position: attribute bit, maximum
     * timestamp and CRC are written in place.
     */
    public static void stampLogAppendTime(ByteBuffer mutable, int position, long timestampMs) {
        requireBigEndian(mutable);
        int attributes = mutable.getShort(position + ATTRIBUTES_POSITION) | LOG_APPEND_TIME_BIT;
        mutable.putShort(position + ATTRIBUTES_POSITION, (short) attributes);
        mutable.putLong(position + MAX_TIMESTAMP_POSITION, timestampMs);
        writeCrc(mutable, position, sizeAt(mutable, position));
    }

    /** The sequence {@code count} places after this one; behind {@link Integer#MAX_VALUE} comes 0. */
    public static int sequenceAfter(int sequence, int count) {
        if (sequence < 0 || count < 0) {
            throw new IllegalArgumentException("sequence " + sequence + " and count " + count + " must be >= 0");
        }
        return (sequence + count) & Integer.MAX_VALUE;
    }

    public long baseOffset() {
        return buffer.getLong(BASE_OFFSET_POSITION);
    }

    public int sizeBytes() {
        return buffer.limit();
    }

    public int leaderEpoch() {
        return buffer.getInt(LEADER_EPOCH_POSITION);
    }

    public byte magic() {
        return buffer.get(MAGIC_POSITION);
    }

    /** The CRC that the header states. */
    public int crc() {
        return buffer.getInt(CRC_POSITION);
    }

    /** The CRC that the bytes have. */
    public int computeCrc() {
        return crcOf(buffer, ATTRIBUTES_POSITION, buffer.limit());
    }

    public boolean crcMatches() {
        return crc() == computeCrc();
    }

    public short attributes() {
        return buffer.getShort(ATTRIBUTES_POSITION);
    }

    /** @throws MalformedBatchException when the id belongs to no codec */
    public Compression compression() {
        int id = attributes() & COMPRESSION_MASK;
        return Compression.ofId(id)
                .orElseThrow(() -> new MalformedBatchException("attributes", "no codec has id " + id));
    }

    public TimestampType timestampType() {
        return hasAttribute(LOG_APPEND_TIME_BIT) ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
    }

    public boolean isTransactional() {
        return hasAttribute(TRANSACTIONAL_BIT);
    }

    public boolean isControl() {
        return hasAttribute(CONTROL_BIT);
    }

    /** Whether compaction stored a delete horizon in place of the base timestamp. */
    public boolean hasDeleteHorizon() {
        return hasAttribute(DELETE_HORIZON_BIT);
    }

    public int lastOffsetDelta() {
        return buffer.getInt(LAST_OFFSET_DELTA_POSITION);
    }

    /** Exclusive: the offset that follows the batch, also where compaction has removed its last records. */
    public long endOffset() {
        return baseOffset() + lastOffsetDelta() + 1;
    }

    public long baseTimestamp() {
        return buffer.getLong(BASE_TIMESTAMP_POSITION);
    }

    public long maxTimestamp() {
        return buffer.getLong(MAX_TIMESTAMP_POSITION);
    }

    public long producerId() {
        return buffer.getLong(PRODUCER_ID_POSITION);
    }

    public boolean hasProducer() {
        return producerId() >= 0;
    }

    public short producerEpoch() {
        return buffer.getShort(PRODUCER_EPOCH_POSITION);
    }

    public int baseSequence() {
        return buffer.getInt(BASE_SEQUENCE_POSITION);
    }

    /** Inclusive, as on the wire; {@link #NO_SEQUENCE} for a batch without one. */
    public int lastSequence() {
        int base = baseSequence();
        int delta = lastOffsetDelta();
        return base < 0 || delta < 0 ? NO_SEQUENCE : sequenceAfter(base, delta);
    }

    public int recordCount() {
        return buffer.getInt(RECORD_COUNT_POSITION);
    }

    /** The whole batch, read-only, sharing this view's bytes. */
    public ByteBuffer bytes() {
        return buffer.asReadOnlyBuffer();
    }

    /** As {@link #records(long)} with {@link #DEFAULT_DECOMPRESSED_MAX_BYTES}. */
    public RecordIterator records() {
        return records(DEFAULT_DECOMPRESSED_MAX_BYTES);
    }

    /**
     * The records in order, unpacked as they are read. Close it when it is not read to its end.
     *
     * @param decompressedMaxBytes what a compressed batch may unpack to; an uncompressed one has no such limit
     * @throws MalformedBatchException here or from the iterator, when the bytes are not what the header says
     * @throws CompressionUnavailableException when the codec's library is missing
     */
    public RecordIterator records(long decompressedMaxBytes) {
        return new RecordIterator(this, RecordInput.of(this, decompressedMaxBytes));
    }

    @Override
    public String toString() {
        return "batch [" + baseOffset() + ", " + endOffset() + ") of " + sizeBytes() + " bytes, leader epoch "
                + leaderEpoch();
    }

    /** The bytes behind the header, as a slice of its own. */
    ByteBuffer recordBytes() {
        return buffer.slice(RECORDS_POSITION, buffer.limit() - RECORDS_POSITION);
    }

    static void writeCrc(ByteBuffer mutable, int position, int sizeBytes) {
        int crc = crcOf(mutable, position + ATTRIBUTES_POSITION, position + sizeBytes);
        mutable.putInt(position + CRC_POSITION, crc);
    }

    private static int crcOf(ByteBuffer buffer, int start, int end) {
        var crc = new CRC32C();
        crc.update(buffer.duplicate().limit(end).position(start));
        return (int) crc.getValue();
    }

    private boolean hasAttribute(int bit) {
        return (attributes() & bit) != 0;
    }

    private static void requireBigEndian(ByteBuffer buffer) {
        if (buffer.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("buffer is " + buffer.order() + ", the format is big endian");
        }
    }
}
