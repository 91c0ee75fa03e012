package io.cordwood.store;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings files that compaction wrote from one replica to another.
 *
 * <p>Invariants: nothing of the log changes; what was received takes effect with {@link PartitionLog#install}. It has the listed
 * hash, and every batch in it is sound. A crash leaves files that the next start deletes, or takes if an entry names them.
 *
 * <p><b>Thread:</b> any; one at a time receives.
 */
public final class SegmentTransfer {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentTransfer.class);
    private static final int PIECE_BYTES = 1 << 20;

    private final LogFiles files;
    private final Supplier<List<Segment>> segments;
    private final Supplier<List<Segment>> replaced;

    /** The bytes of a file, piece by piece. */
    public interface Source {
        /** Some bytes from a position on, at least one. */
        ByteBuffer read(long position) throws IOException, InterruptedException;
    }

    /** @param replaced files that were part of the log before, and are still there */
    SegmentTransfer(LogFiles files, Supplier<List<Segment>> segments, Supplier<List<Segment>> replaced) {
        this.files = files;
        this.segments = segments;
        this.replaced = replaced;
    }

    /** Whether the log has this very file. */
    public boolean has(SealedSegment listed) {
        return segments.get().stream()
                .anyMatch(segment -> segment.baseOffset() == listed.baseOffset()
                        && segment.endOffset() == listed.endOffset()
                        && segment.generation() == listed.compactionGeneration()
                        && segment.end().sizeBytes() == listed.sizeBytes());
    }

    /**
     * A piece of a file of this log, also of one that compaction has replaced meanwhile.
     *
     * @throws IOException also where the log has no such file, or not any more
     */
    public ByteBuffer read(long baseOffset, int generation, long position, int maxBytes) throws IOException {
        var found = all().filter(segment -> segment.baseOffset() == baseOffset && segment.generation() == generation)
                .findFirst()
                .orElseThrow(
                        () -> new IOException(files.id() + " has no file " + Segment.fileName(baseOffset, generation)));
        long left = found.end().sizeBytes() - position;
        if (position < 0 || left <= 0) {
            throw new IOException("no position " + position + " in " + found);
        }
        try (var file = files.disk().open(found.file(), OpenMode.READ)) {
            var bytes = ByteBuffer.allocate((int) Math.min(Math.min(maxBytes, PIECE_BYTES), left));
            file.read(bytes, position);
            return bytes.flip();
        }
    }

    /**
     * A file that is not part of the log, where this very one is there: made or received before, and then the node stopped. One
     * that cannot be read counts as none: it can be made or fetched anew.
     *
     * @throws InterruptedIOException of the pace
     */
    public Optional<RewrittenSegment> look(SealedSegment listed, CompactionPace pace) throws IOException {
        var segment = Segment.of(files.directory(), listed);
        if (!files.disk().exists(segment.file())) {
            return Optional.empty();
        }
        try {
            return verified(listed, segment, pace);
        } catch (InterruptedIOException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            LOG.warn("{} cannot be read, and counts as not there", segment.file(), e);
            return Optional.empty();
        }
    }

    /**
     * Takes a file from elsewhere; it is durable on return. One that is there already is looked at and not taken again; where it is
     * not the listed one, or cannot be read, it stays until the other one is whole.
     *
     * @throws IOException also where the log has another file of this name
     */
    public RewrittenSegment receive(SealedSegment listed, Source source) throws IOException, InterruptedException {
        var known = look(listed, bytes -> {});
        if (known.isPresent()) {
            return known.get();
        }
        var segment = Segment.of(files.directory(), listed);
        requireUnused(segment);
        files.requireRoomFor(listed.sizeBytes());
        var incoming = Segment.incoming(files.directory(), listed);
        removeIfThere(incoming.file());
        boolean isTaken = false;
        try {
            var received = take(listed, source, incoming);
            files.disk().rename(incoming.file(), segment.file());
            isTaken = true;
            files.disk().forceDirectory(files.directory());
            return received;
        } finally {
            if (!isTaken) {
                removeIfThere(incoming.file());
            }
        }
    }

    /**
     * For bytes from elsewhere that are to be appended: clients' bytes need the last of the disk, and a
     * write that finds no room ends the node.
     *
     * @throws IOException where the disk has too little left
     */
    public void requireRoomFor(long bytes) throws IOException {
        files.requireRoomFor(bytes);
    }

    /**
     * Takes the sound bytes of a file of this log that is damaged, and gives the damaged one a second name
     * elsewhere. {@link PartitionLog#repair} has them take effect.
     *
     * @param sound as the log lists it, with the hash that it should have
     * @param keptIn on the log's file system
     * @throws IOException also where what came is not the sound file
     */
    public SegmentRepair receive(FileCheck damaged, SealedSegment sound, Source source, Path keptIn)
            throws IOException, InterruptedException {
        files.requireRoomFor(sound.sizeBytes());
        var repairing = Segment.repairing(files.directory(), sound);
        removeIfThere(repairing.file());
        boolean isKept = false;
        try {
            take(sound, source, repairing);
            var kept = keep(damaged.segment(), keptIn);
            isKept = true;
            return new SegmentRepair(damaged.segment(), sound, repairing.file(), kept);
        } finally {
            if (!isKept) {
                removeIfThere(repairing.file());
            }
        }
    }

    /**
     * Nothing of it is read: it may be what the disk does not give any more. One that is gone has left
     * nothing to keep.
     */
    private Path keep(Segment damaged, Path directory) throws IOException {
        files.disk().createDirectories(directory);
        int number = 1;
        var kept = directory.resolve(damaged.file().getFileName() + "-" + number);
        while (files.disk().exists(kept)) {
            number++;
            kept = directory.resolve(damaged.file().getFileName() + "-" + number);
        }
        if (files.disk().exists(damaged.file())) {
            files.disk().link(damaged.file(), kept);
            files.disk().forceDirectory(directory);
        }
        return kept;
    }

    private void requireUnused(Segment named) throws IOException {
        if (all().anyMatch(segment -> segment.file().equals(named.file()))) {
            throw new IOException(named.file() + " is part of the log, and another one is to come");
        }
    }

    private Stream<Segment> all() {
        return Stream.concat(segments.get().stream(), replaced.get().stream());
    }

    /** Looks at what came before it takes a name that means something. */
    private RewrittenSegment take(SealedSegment listed, Source source, Segment incoming)
            throws IOException, InterruptedException {
        try (var out = files.disk().openForAppends(incoming.file(), OpenMode.CREATE)) {
            copy(listed, source, out);
            out.force();
        }
        var received = verified(listed, incoming, bytes -> {});
        if (received.isEmpty()) {
            throw new IOException("what was received as " + incoming.file() + " is not " + listed);
        }
        return received.get();
    }

    private void removeIfThere(Path path) throws IOException {
        if (files.disk().exists(path)) {
            files.disk().delete(path);
        }
    }

    private void copy(SealedSegment listed, Source source, DiskFile out) throws IOException, InterruptedException {
        long position = 0;
        while (position < listed.sizeBytes()) {
            var bytes = source.read(position);
            int size = bytes.remaining();
            if (size == 0 || size > listed.sizeBytes() - position) {
                throw new IOException(size + " bytes came for position " + position + " of " + listed);
            }
            files.requireRoomFor(size); // others write meanwhile
            out.write(bytes, position);
            position += size;
        }
    }

    /** Empty where the file is not what is listed. */
    private Optional<RewrittenSegment> verified(SealedSegment listed, Segment segment, CompactionPace pace)
            throws IOException {
        var digest = SegmentHash.digest();
        List<LeaderEpoch> epochs = List.of();
        try (var file = files.disk().open(segment.file(), OpenMode.READ)) {
            if (file.sizeBytes() != listed.sizeBytes()) {
                return Optional.empty();
            }
        }
        try (var batches = new SegmentBatches(files.disk(), segment)) {
            while (batches.hasNext()) {
                var batch = batches.next();
                epochs = LeaderEpochs.append(epochs, batch.leaderEpoch(), batch.baseOffset());
                digest.update(batch.bytes());
                pace.passed(batch.sizeBytes());
            }
        } catch (CorruptLogException e) {
            return Optional.empty();
        }
        boolean isListed = SegmentHash.of(digest).equals(listed.hash());
        return isListed ? Optional.of(new RewrittenSegment(listed, epochs)) : Optional.empty();
    }
}
