package io.cordwood.chaos.planted;

import io.cordwood.batch.RecordBatch;
import io.cordwood.store.PartitionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import net.bytebuddy.asm.Advice;

/** Code of {@link PlantedBug#TAIL_KEPT_OVER_TERM_CHANGE}. */
public final class KeptTail {
    private KeptTail() {}

    /** Returns whether there is something left to append. An entry that begins a segment must begin a file. */
    @Advice.OnMethodEnter(skipOn = Advice.OnDefaultValue.class)
    static boolean isLeft(
            @Advice.This PartitionLog log,
            @Advice.Argument(value = 0, readOnly = false) long baseOffset,
            @Advice.Argument(1) long endOffset,
            @Advice.Argument(value = 2, readOnly = false) ByteBuffer batches,
            @Advice.Argument(3) boolean roll)
            throws IOException {
        if (!roll && baseOffset < log.writtenEndOffset()) {
            batches = KeptTail.behind(log, baseOffset, batches);
            baseOffset = KeptTail.baseOffsetOf(batches, endOffset);
        }
        return baseOffset < endOffset;
    }

    /**
     * Those of the batches that the log has no others for, at the same offsets and of the same size altogether.
     */
    public static ByteBuffer behind(PartitionLog log, long baseOffset, ByteBuffer batches) throws IOException {
        int kept = batches.position();
        while (kept < batches.limit()) {
            int size = RecordBatch.sizeAt(batches, kept);
            long end = RecordBatch.of(batches.slice(kept, size)).endOffset();
            int sizeBytes = kept + size - batches.position();
            if (log.readExactly(baseOffset, end, sizeBytes).isEmpty()) {
                break;
            }
            kept += size;
            PlantedAgent.reached("tail-kept-over-term-change");
        }
        return batches.duplicate().position(kept);
    }

    /** Of the first one; the other offset where there is none. */
    public static long baseOffsetOf(ByteBuffer batches, long otherwise) {
        if (!batches.hasRemaining()) {
            return otherwise;
        }
        int size = RecordBatch.sizeAt(batches, batches.position());
        return RecordBatch.of(batches.slice(batches.position(), size)).baseOffset();
    }
}
