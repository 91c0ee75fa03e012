package io.cordwood.cli.demo;

import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Reads the segment files of one replica, and changes nothing.
 *
 * <p>Thread: one. The server may run, as long as nobody appends to the partition.
 *
 * <p>Source: the segment files are record batches back to back; each file is named by its first offset.
 */
final class ReplicaFiles {
    /** The files do not hold what they should. */
    static final class UnreadableReplicaException extends Exception {
        UnreadableReplicaException(String message) {
            super(message);
        }
    }

    private final MessageDigest digest = sha256();
    private final long start;
    private final long end;
    private long next;
    private long bytes;

    private ReplicaFiles(long start, long end) {
        this.start = start;
        this.end = end;
        this.next = start;
    }

    /**
     * Digests the batches of the offsets [start, end), whose CRCs and offsets it checks.
     *
     * @param directory the replica's own, named by topic id and partition
     */
    static ReplicaDigest digest(int nodeId, int partition, Path directory, long start, long end)
            throws IOException, UnreadableReplicaException {
        var files = new ReplicaFiles(start, end);
        for (var segment : segments(directory)) {
            files.readSegment(segment);
        }
        if (files.next != end) {
            throw new UnreadableReplicaException(directory + " ends at offset " + files.next + ", not at " + end);
        }
        return new ReplicaDigest(
                nodeId, partition, start, end, files.bytes, HexFormat.of().formatHex(files.digest.digest()));
    }

    private static List<Path> segments(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.filter(entry -> entry.getFileName().toString().matches("[0-9]{20}\\.log"))
                    .sorted()
                    .toList();
        }
    }

    private void readSegment(Path segment) throws IOException, UnreadableReplicaException {
        try (var channel = FileChannel.open(segment, StandardOpenOption.READ)) {
            ByteBuffer file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            var position = 0;
            while (next < end && position < file.limit()) {
                position += takeBatch(segment, file, position);
            }
        } catch (MalformedBatchException e) {
            throw new UnreadableReplicaException(segment + " behind offset " + next + ": " + e.getMessage());
        }
    }

    /** The size of the batch at this position. */
    private int takeBatch(Path segment, ByteBuffer file, int position) throws UnreadableReplicaException {
        var size = file.limit() - position < RecordBatch.SIZE_PREFIX_BYTES ? 0 : RecordBatch.sizeAt(file, position);
        if (size < RecordBatch.HEADER_BYTES || size > file.limit() - position) {
            throw new UnreadableReplicaException(segment + " at " + position + ": batch size expected up to "
                    + (file.limit() - position) + ", found " + size);
        }
        var batch = RecordBatch.of(file.slice(position, size));
        if (batch.endOffset() > start) {
            digestBatch(segment, batch);
        }
        return size;
    }

    private void digestBatch(Path segment, RecordBatch batch) throws UnreadableReplicaException {
        var due = next == start ? batch.baseOffset() <= start : batch.baseOffset() == next;
        if (!due || batch.endOffset() > end || !batch.crcMatches()) {
            throw new UnreadableReplicaException(segment + ": expected a batch from offset " + next
                    + " within end offset " + end + " and with its CRC, found " + batch);
        }
        digest.update(batch.bytes());
        bytes += batch.sizeBytes();
        next = batch.endOffset();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
