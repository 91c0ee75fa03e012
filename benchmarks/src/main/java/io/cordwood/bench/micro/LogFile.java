package io.cordwood.bench.micro;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.store.LogConfig;
import io.cordwood.store.NioDisk;
import io.cordwood.store.OffsetIndex;
import io.cordwood.store.PartitionId;
import io.cordwood.store.PartitionLog;
import io.cordwood.store.RecoveryPoint;
import io.cordwood.store.Storage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.UUID;

/**
 * A log on real files in a directory of its own, which goes with it.
 *
 * <p><b>Thread:</b> one.
 */
final class LogFile implements Closeable {
    private static final PartitionId ID = new PartitionId(new UUID(1, 2), 0);

    private final Path directory;
    private final OffsetIndex index;
    private final PartitionLog log;
    private final ByteBuffer batch;
    private final int recordCount;

    private LogFile(Path directory, OffsetIndex index, PartitionLog log, ByteBuffer batch) {
        this.directory = directory;
        this.index = index;
        this.log = log;
        this.batch = batch;
        this.recordCount = RecordBatch.of(batch.duplicate()).recordCount();
    }

    /** Below the working directory, so the caller chooses the disk. */
    static LogFile create(int recordBytes) throws IOException {
        var directory = Files.createTempDirectory(Path.of("").toAbsolutePath(), "jmh-log");
        var index = OffsetIndex.open(directory.resolve("index"));
        var log = PartitionLog.open(
                directory.resolve("log"),
                ID,
                LogConfig.defaults(),
                new Storage(new NioDisk(), index),
                RecoveryPoint.none());
        return new LogFile(directory, index, log, Batches.full(recordBytes, Compression.NONE));
    }

    PartitionLog log() {
        return log;
    }

    int batchBytes() {
        return batch.remaining();
    }

    /** One batch behind the others; every 1 GiB a new segment. */
    void append() throws IOException {
        long base = log.writtenEndOffset();
        boolean roll = log.segments().get(log.segments().size() - 1).sizeBytes() + batch.remaining()
                > LogConfig.DEFAULT_SEGMENT_MAX_BYTES;
        log.append(base, base + recordCount, Batches.stamped(batch, base), roll);
    }

    @Override
    public void close() throws IOException {
        log.close();
        index.close();
        try (var paths = Files.walk(directory)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
