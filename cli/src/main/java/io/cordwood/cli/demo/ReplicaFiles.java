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
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads the segment files of one replica, and changes nothing.
 *
 * <p>Thread: one. The server may run, as long as nobody appends to the partition.
 *
 * <p>Source: the segment files are record batches back to back; each file is named by its first offset, and by how often compaction
 * has written it. What it replaced may still be there.
 */
final class ReplicaFiles {
    /** The files do not hold what they should. */
    static final class UnreadableReplicaException extends Exception {
        UnreadableReplicaException(String message) {
            super(message);
        }
    }

    private static final Pattern NAME = Pattern.compile("([0-9]{20})(?:\\.([1-9][0-9]*))?\\.log");

    private final MessageDigest digest = sha256();
    private final long start;
    private final long end;
    private long next;
    /** Exclusive end of what the files read so far hold. */
    private long held = -1;

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
            if (baseOffset(segment) >= files.held) { // else compaction has replaced it
                files.readSegment(segment);
            }
        }
        if (files.next != end) {
            throw new UnreadableReplicaException(directory + " ends at offset " + files.next + ", not at " + end);
        }
        return new ReplicaDigest(
                nodeId, partition, start, end, files.bytes, HexFormat.of().formatHex(files.digest.digest()));
    }

    /** By first offset; of one offset the file first that compaction has written last. */
    private static List<Path> segments(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.filter(entry -> NAME.matcher(name(entry)).matches())
                    .sorted(Comparator.comparing(ReplicaFiles::baseOffset)
                            .thenComparing(ReplicaFiles::generation, Comparator.reverseOrder()))
                    .toList();
        }
    }

    private static String name(Path segment) {
        return segment.getFileName().toString();
    }

    private static long baseOffset(Path segment) {
        return Long.parseLong(name(segment).substring(0, 20));
    }

    private static int generation(Path segment) {
        var matcher = NAME.matcher(name(segment));
        return matcher.matches() && matcher.group(2) != null ? Integer.parseInt(matcher.group(2)) : 0;
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
        held = batch.endOffset();
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
