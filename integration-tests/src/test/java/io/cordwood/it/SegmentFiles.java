package io.cordwood.it;

import io.cordwood.batch.RecordBatch;
import io.cordwood.store.OffsetRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The segment files of one replica as they lie on the disk. Only reads; the server may run.
 *
 * <p><b>Thread:</b> immutable.
 */
public record SegmentFiles(Path directory) {
    /** A file of generations: compaction has written it so often. */
    private static final Pattern NAME = Pattern.compile("([0-9]{20})(?:\\.([1-9][0-9]*))?\\.log");

    /** In the order of their first offsets, without those that compaction replaced and that are still there. */
    List<Path> files() {
        var current = new ArrayList<Path>();
        long held = -1;
        for (var file : all()) {
            if (baseOffset(file) >= held) {
                current.add(file);
                var batches = batches(file);
                held = batches.isEmpty()
                        ? held
                        : batches.get(batches.size() - 1).endOffset();
            }
        }
        return current;
    }

    /** By first offset, the newest generation first. */
    private List<Path> all() {
        try (var entries = Files.list(directory)) {
            return entries.filter(file -> NAME.matcher(name(file)).matches())
                    .sorted(Comparator.comparing(SegmentFiles::baseOffset)
                            .thenComparing(SegmentFiles::generation, Comparator.reverseOrder()))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }

    private static long baseOffset(Path file) {
        return Long.parseLong(name(file).substring(0, 20));
    }

    static int generation(Path file) {
        var matcher = NAME.matcher(name(file));
        return matcher.matches() && matcher.group(2) != null ? Integer.parseInt(matcher.group(2)) : 0;
    }

    /** Where the oldest file begins; empty where there is none. */
    public OptionalLong firstOffset() {
        return files().stream().mapToLong(SegmentFiles::baseOffset).findFirst();
    }

    /** All whole batches, in the order of the files; a batch that is being written ends its file. */
    List<RecordBatch> batches() {
        return files().stream().flatMap(file -> batches(file).stream()).toList();
    }

    private static List<RecordBatch> batches(Path file) {
        var batches = new ArrayList<RecordBatch>();
        var bytes = bytesOf(file);
        while (bytes.remaining() >= RecordBatch.HEADER_BYTES) {
            int size = RecordBatch.sizeAt(bytes, bytes.position());
            if (size < RecordBatch.HEADER_BYTES || size > bytes.remaining()) {
                break;
            }
            batches.add(RecordBatch.of(bytes.slice(bytes.position(), size)));
            bytes.position(bytes.position() + size);
        }
        return batches;
    }

    /** The bytes of each batch in this range, whose offsets and CRCs must be in order. */
    public List<ByteBuffer> batches(OffsetRange range) {
        var found = new ArrayList<ByteBuffer>();
        var next = range.start();
        for (var batch : batches()) {
            if (batch.endOffset() > range.start() && next < range.end()) {
                if (batch.baseOffset() != next || !batch.crcMatches()) {
                    throw new AssertionError(directory + ": expected a sound batch at " + next + ", found " + batch);
                }
                next = batch.endOffset();
                found.add(batch.bytes());
            }
        }
        if (next != range.end()) {
            throw new AssertionError(directory + " holds " + range.start() + " to " + next + ", not " + range);
        }
        return found;
    }

    /** What all files take, also those that compaction replaced: their bytes are not read. */
    long sizeBytes() {
        return all().stream().mapToLong(SegmentFiles::sizeOf).sum();
    }

    /** The first file that is not the same in the other replica, all of it; empty where there is none. */
    Optional<Path> differenceFrom(SegmentFiles other) {
        var own = files();
        var others = other.files();
        for (int i = 0; i < Math.max(own.size(), others.size()); i++) {
            if (i >= own.size() || i >= others.size() || !same(own.get(i), others.get(i))) {
                return Optional.of(i < own.size() ? own.get(i) : others.get(i));
            }
        }
        return Optional.empty();
    }

    private static boolean same(Path one, Path other) {
        try {
            return one.getFileName().equals(other.getFileName()) && Files.mismatch(one, other) < 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long sizeOf(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether these bytes lie anywhere in the files, also behind the last whole batch. */
    boolean contain(String text) {
        return files().stream()
                .anyMatch(file ->
                        new String(bytesOf(file).array(), java.nio.charset.StandardCharsets.ISO_8859_1).contains(text));
    }

    private static ByteBuffer bytesOf(Path file) {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
