package io.cordwood.raft;

import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What tells a batch from any other at its place: two replicas whose prints are equal hold the same bytes.
 *
 * <p>Thread: immutable.
 *
 * <p>Layout of a list of prints between nodes, big endian, {@value #BYTES} bytes each:
 *
 * <pre>
 * at  bytes  field
 *  0  8      base offset
 *  8  8      end offset, exclusive
 * 16  4      size in bytes
 * 20  4      leader epoch
 * 24  4      CRC-32C
 * </pre>
 */
record BatchPrint(long baseOffset, long endOffset, int sizeBytes, int leaderEpoch, int crc) {
    static final int BYTES = 2 * Long.BYTES + 3 * Integer.BYTES;

    /** The prints of whole batches, back to back, up to the first one whose CRC is wrong. */
    static List<BatchPrint> ofSound(ByteBuffer batches) {
        var prints = new ArrayList<BatchPrint>();
        int at = batches.position();
        while (at < batches.limit()) {
            int size = RecordBatch.sizeAt(batches, at);
            var batch = parse(batches, at, size);
            if (!batch.crcMatches()) {
                break;
            }
            prints.add(new BatchPrint(batch.baseOffset(), batch.endOffset(), size, batch.leaderEpoch(), batch.crc()));
            at += size;
        }
        return prints;
    }

    private static RecordBatch parse(ByteBuffer batches, int at, int size) {
        if (size < RecordBatch.HEADER_BYTES || size > batches.limit() - at) {
            throw new MalformedBatchException("size", size + " bytes, " + (batches.limit() - at) + " are left");
        }
        return RecordBatch.of(batches.slice(at, size));
    }

    /**
     * The end offset of batches that came from elsewhere.
     *
     * @param offset where they shall begin
     * @throws IOException where not all of them are sound
     */
    static long endOfSound(ByteBuffer batches, long offset) throws IOException {
        var prints = ofSound(batches);
        long bytes = sizeOf(prints);
        if (prints.isEmpty() || bytes != batches.remaining() || prints.get(0).baseOffset() != offset) {
            throw new IOException("the source sent " + batches.remaining() + " bytes for offset " + offset
                    + ", of which " + bytes + " are sound batches, "
                    + prints.stream().limit(1).toList());
        }
        return prints.get(prints.size() - 1).endOffset();
    }

    /** What the batches take, not their prints. */
    static long sizeOf(List<BatchPrint> prints) {
        return prints.stream().mapToLong(BatchPrint::sizeBytes).sum();
    }

    static byte[] encode(List<BatchPrint> prints) {
        var out = ByteBuffer.allocate(prints.size() * BYTES);
        for (BatchPrint print : prints) {
            out.putLong(print.baseOffset).putLong(print.endOffset).putInt(print.sizeBytes);
            out.putInt(print.leaderEpoch).putInt(print.crc);
        }
        return out.array();
    }

    static List<BatchPrint> decode(byte[] bytes) {
        if (bytes.length % BYTES != 0) {
            throw new IllegalArgumentException(bytes.length + " bytes are no list of prints");
        }
        var in = ByteBuffer.wrap(bytes);
        var prints = new ArrayList<BatchPrint>(bytes.length / BYTES);
        while (in.hasRemaining()) {
            prints.add(new BatchPrint(in.getLong(), in.getLong(), in.getInt(), in.getInt(), in.getInt()));
        }
        return prints;
    }
}
