package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** One partition's log on a disk of a given kind, with an index beside it, as a test handles it. */
final class TestLog implements AutoCloseable {
    static final PartitionId ID = new PartitionId(new UUID(7, 9), 3);
    static final LogConfig CONFIG = LogConfig.defaults().withIndexIntervalBytes(1 << 10);

    private final Path root;
    private final Disk disk;
    private LogConfig config = CONFIG;
    private OffsetIndex index;
    private PartitionLog log;
    private int epoch = 1;

    TestLog(DiskKind kind, Path root) throws IOException {
        this(kind.create(), root);
    }

    TestLog(Disk disk, Path root) throws IOException {
        this.root = root;
        this.disk = disk;
        this.index = OffsetIndex.open(indexDirectory());
        this.log = open(RecoveryPoint.none());
    }

    Path directory() {
        return root.resolve(ID.directoryName());
    }

    Path indexDirectory() {
        return root.resolve("index");
    }

    Path file(long baseOffset) {
        return directory().resolve(Segment.fileName(baseOffset));
    }

    Disk disk() {
        return disk;
    }

    OffsetIndex index() {
        return index;
    }

    PartitionLog log() {
        return log;
    }

    void config(LogConfig newConfig) {
        config = newConfig;
    }

    void epoch(int newEpoch) {
        epoch = newEpoch;
    }

    /** Appends one batch at the end of the log; returns its end offset. */
    long append(int recordCount, String value) {
        return append(log.writtenEndOffset(), recordCount, value, false);
    }

    long roll(int recordCount, String value) {
        return append(log.writtenEndOffset(), recordCount, value, true);
    }

    long append(long baseOffset, int recordCount, String value, boolean roll) {
        try {
            log.append(
                    baseOffset, baseOffset + recordCount, Batches.batch(baseOffset, epoch, recordCount, value), roll);
            return baseOffset + recordCount;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Appends a stamped batch. */
    void append(ByteBuffer batch, boolean roll) throws IOException {
        var view = RecordBatch.of(batch);
        log.append(view.baseOffset(), view.endOffset(), batch, roll);
    }

    /** Everything written is forced and committed. */
    void commit() throws IOException {
        log.force();
        log.advanceHighWatermark(log.writtenEndOffset());
    }

    /** As a replica does it: readers first, then the files. */
    void trimTo(long newStart) throws IOException {
        log.raiseLogStart(newStart);
        while (log.deleteTrimmed(Long.MAX_VALUE)) {
            // one more
        }
    }

    PartitionLog reopen() throws IOException {
        return reopen(RecoveryPoint.none());
    }

    PartitionLog reopen(RecoveryPoint point) throws IOException {
        log.close();
        log = open(point);
        return log;
    }

    void reopenIndex() throws IOException {
        index.close();
        index = OffsetIndex.open(indexDirectory());
    }

    /** All bytes from the log start to the written end, read piece by piece. */
    byte[] contents() throws IOException {
        return contents(log);
    }

    static byte[] contents(PartitionLog log) throws IOException {
        var pieces = new ArrayList<ByteBuffer>();
        long end = log.writtenEndOffset();
        for (long at = log.logStartOffset(); at < end; ) {
            var read = log.read(at, end, 700);
            if (read.isEmpty()) {
                throw new IllegalStateException("nothing at " + at + " below " + end);
            }
            pieces.add(read.batches());
            at = read.endOffset();
        }
        return bytes(Batches.concat(pieces.toArray(ByteBuffer[]::new)));
    }

    static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    List<String> fileNames() throws IOException {
        return disk.list(directory()).stream()
                .map(path -> path.getFileName().toString())
                .toList();
    }

    /** The bytes of one of the log's files. */
    byte[] fileBytes(Path file) throws IOException {
        try (var open = disk.open(file, OpenMode.READ)) {
            var bytes = ByteBuffer.allocate((int) open.sizeBytes());
            open.read(bytes, 0);
            return bytes.array();
        }
    }

    void overwrite(Path file, long position, byte... bytes) throws IOException {
        try (var open = disk.open(file, OpenMode.WRITE)) {
            open.write(ByteBuffer.wrap(bytes), position);
        }
    }

    void shorten(Path file, long sizeBytes) throws IOException {
        try (var open = disk.open(file, OpenMode.WRITE)) {
            open.truncate(sizeBytes);
        }
    }

    /** What the entries that were committed so far would have put into a checkpoint. */
    Checkpoint checkpoint() throws IOException {
        var segments = log.segments();
        var sealed = new ArrayList<SealedSegment>();
        for (var segment : segments.subList(0, segments.size() - 1)) {
            sealed.add(new SealedSegment(
                    segment.baseOffset(),
                    segment.endOffset(),
                    segment.sizeBytes(),
                    maxTimestamp(segment),
                    SegmentHash.NONE,
                    0));
        }
        var last = segments.get(segments.size() - 1);
        var active = new ActiveSegmentInfo(last.baseOffset(), 1, last.sizeBytes(), maxTimestamp(last));
        return new Checkpoint(
                ID,
                1,
                10,
                log.highWatermark(),
                log.logStartOffset(),
                1,
                log.leaderEpochs(),
                List.of(),
                SegmentTable.of(sealed, active));
    }

    private long maxTimestamp(SegmentInfo segment) throws IOException {
        var bytes = ByteBuffer.wrap(fileBytes(file(segment.baseOffset())), 0, (int) segment.sizeBytes());
        return Batches.split(bytes).stream()
                .mapToLong(RecordBatch::maxTimestamp)
                .max()
                .orElse(RecordBatch.NO_TIMESTAMP);
    }

    @Override
    public void close() throws IOException {
        log.close();
        index.close();
    }

    /** A reader as the log has one, with files of its own. */
    LogReader reader(ReadFiles files) {
        var own = new LogFiles(directory(), ID, config, new Storage(disk, index));
        return new LogReader(own, files, log::leaderEpochs);
    }

    private PartitionLog open(RecoveryPoint point) throws IOException {
        return PartitionLog.open(directory(), ID, config, new Storage(disk, index), point);
    }
}
