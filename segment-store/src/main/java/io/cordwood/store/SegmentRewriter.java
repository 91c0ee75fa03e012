package io.cordwood.store;

import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.BatchRewriter;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes neighbouring sealed segments again, into one file, without the records that compaction removes.
 *
 * <p>Invariants: the batches of the new file hold the same offsets without a hole as the old ones: where a batch has lost all
 * of its records the one before it, if it is of the same leader epoch, holds the place of its offsets too, else a batch
 * without records does. Each leader epoch begins at the same offset as before. The same batches, keys and times give the same
 * bytes. A crash leaves the old files and at most one new file, whole or under a name that means nothing.
 *
 * <p><b>Thread:</b> one owner; single use. Memory is a few batches.
 */
final class SegmentRewriter {
    private static final int BUFFER_BYTES = 256 << 10;
    /** Written between two looks at what the disk has left: little beside what is to stay free. */
    private static final int LOOK_BYTES = 4 << 20;

    private final LogFiles files;
    private final Predicate<BatchRecord> newest;
    private final List<LeaderEpoch> known;
    private final long scannedEnd;
    private final CompactionTimes times;
    private final CompactionPace pace;
    private final MessageDigest digest = SegmentHash.digest();
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private List<LeaderEpoch> epochs = List.of();
    private long segmentBase;
    private long written;
    /** Size of the file at which the next look at the disk is due. */
    private long nextLook;

    private long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    private boolean changed;
    private @Nullable Pending pending;

    /** A batch that is to be written, and the end of the offsets that it will hold. */
    private record Pending(ByteBuffer bytes, RecordBatch batch, long endOffset) {
        boolean takes(RecordBatch emptied) {
            return batch.leaderEpoch() == emptied.leaderEpoch()
                    && BatchRewriter.canSpan(batch.baseOffset(), emptied.endOffset());
        }
    }

    /**
     * @param newest whether a record is the newest of its key, as far as the pass has read keys
     * @param known the log's leader epochs
     * @param scannedEnd where the pass stopped to read keys
     */
    SegmentRewriter(
            LogFiles files,
            Predicate<BatchRecord> newest,
            List<LeaderEpoch> known,
            long scannedEnd,
            CompactionTimes times,
            CompactionPace pace) {
        this.files = files;
        this.newest = newest;
        this.known = known;
        this.scannedEnd = scannedEnd;
        this.times = times;
        this.pace = pace;
    }

    /**
     * The new file, durable on return; empty where it would be the same as the old one.
     *
     * @param sources neighbours, oldest first
     * @param generation above that of each of them
     * @throws IOException also where others have filled the disk meanwhile: a pass takes long
     */
    Optional<RewrittenSegment> rewrite(List<Segment> sources, int generation) throws IOException {
        segmentBase = sources.get(0).baseOffset();
        changed = sources.size() > 1;
        var path = files.resolve(Segment.fileName(segmentBase, generation));
        var temporary = Segment.temporary(path);
        removeIfThere(temporary);
        try {
            write(sources, temporary);
        } catch (IOException | RuntimeException | LinkageError e) {
            removeIfThere(temporary); // on a full disk it is missed
            throw e;
        }
        if (!changed) {
            files.disk().delete(temporary);
            return Optional.empty();
        }
        files.disk().rename(temporary, path);
        files.disk().forceDirectory(files.directory());
        long endOffset = sources.get(sources.size() - 1).endOffset();
        var hash = SegmentHash.of(digest);
        var sealed = new SealedSegment(segmentBase, endOffset, written, maxTimestamp, hash, generation);
        return Optional.of(new RewrittenSegment(sealed, epochs));
    }

    private void write(List<Segment> sources, Path temporary) throws IOException {
        try (var out = files.disk().openForAppends(temporary, OpenMode.CREATE)) {
            for (var source : sources) {
                copy(source, out);
            }
            flushPending(out);
            drain(out);
            out.force();
        }
    }

    private void removeIfThere(Path path) throws IOException {
        if (files.disk().exists(path)) {
            files.disk().delete(path);
        }
    }

    private void copy(Segment source, DiskFile out) throws IOException {
        try (var batches = new SegmentBatches(files.disk(), source)) {
            while (batches.hasNext()) {
                long position = batches.position();
                var batch = batches.next();
                LeaderEpochs.require(known, batch.baseOffset(), batch.leaderEpoch(), source.file(), position);
                try {
                    take(batch, out);
                } catch (MalformedBatchException e) {
                    throw new CorruptLogException(source.file(), position, e.field(), "records", e.toString());
                }
                pace.passed(batch.sizeBytes());
            }
        }
    }

    private void take(RecordBatch batch, DiskFile out) throws IOException {
        var left = batch.isControl() ? Optional.of(batch.bytes()) : kept(batch);
        var last = pending;
        if (left.isPresent()) {
            changed |= !left.get().equals(batch.bytes());
            flushPending(out);
            pending = pending(left.get());
        } else if (last != null && last.takes(batch)) {
            changed = true;
            pending = new Pending(last.bytes(), last.batch(), batch.endOffset());
        } else {
            var placeholder = BatchRewriter.placeholder(batch.baseOffset(), batch.endOffset(), batch.leaderEpoch());
            changed |= !placeholder.equals(batch.bytes());
            flushPending(out);
            pending = pending(placeholder);
        }
    }

    private static Pending pending(ByteBuffer bytes) {
        var batch = RecordBatch.of(bytes);
        return new Pending(bytes, batch, batch.endOffset());
    }

    private Optional<ByteBuffer> kept(RecordBatch batch) {
        boolean tombstonesGo = batch.hasDeleteHorizon() && batch.baseTimestamp() <= times.nowMs();
        // Older values of a tombstone that was not read are still there: its time does not run yet.
        long newHorizonMs = batch.endOffset() <= scannedEnd ? times.newHorizonMs() : RecordBatch.NO_TIMESTAMP;
        return new BatchRewriter(batch, RecordBatch.DEFAULT_DECOMPRESSED_MAX_BYTES)
                .rewrite(record -> newest.test(record) && !(tombstonesGo && record.value() == null), newHorizonMs);
    }

    private void flushPending(DiskFile out) throws IOException {
        var last = pending;
        if (last == null) {
            return;
        }
        pending = null;
        var bytes = last.endOffset() == last.batch().endOffset()
                ? last.bytes()
                : BatchRewriter.extended(last.bytes(), last.endOffset());
        epochs = LeaderEpochs.append(
                epochs, last.batch().leaderEpoch(), last.batch().baseOffset());
        maxTimestamp = Math.max(maxTimestamp, last.batch().maxTimestamp());
        write(bytes, out);
    }

    private void write(ByteBuffer bytes, DiskFile out) throws IOException {
        int size = bytes.remaining();
        if (written + size > nextLook) {
            files.requireRoomFor(size);
            nextLook = written + LOOK_BYTES;
        }
        digest.update(bytes.duplicate());
        if (size > buffer.remaining()) {
            drain(out);
        }
        if (size > buffer.capacity()) {
            out.write(bytes.duplicate(), written);
        } else {
            buffer.put(bytes.duplicate());
        }
        written += size;
    }

    /** Writes what is buffered: the newest bytes of the file. */
    private void drain(DiskFile out) throws IOException {
        buffer.flip();
        out.write(buffer, written - buffer.remaining());
        buffer.clear();
    }
}
