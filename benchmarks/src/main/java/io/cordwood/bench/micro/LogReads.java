package io.cordwood.bench.micro;

import io.cordwood.store.LogRead;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What does it cost to read from a segment of 256 MiB in the page cache: on from the last read, and from anywhere? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LogReads {
    private static final int SEGMENT_BYTES = 256 << 20;

    @Param({"1000"})
    private int recordBytes;

    @Param({"65536", "1048576"})
    private int readBytes;

    private final SplittableRandom random = new SplittableRandom(42);
    private @Nullable LogFile file;
    private long next;

    @Setup
    public void fill() throws IOException {
        file = LogFile.create(recordBytes);
        for (int i = 0; i < SEGMENT_BYTES / file.batchBytes(); i++) {
            file.append();
        }
        file.log().advanceHighWatermark(file.log().writtenEndOffset());
    }

    @TearDown
    public void close() throws IOException {
        file().close();
    }

    @Benchmark
    public LogRead onFromTheLast() throws IOException {
        long end = file().log().highWatermark();
        var read = file().log().read(next, end, readBytes);
        next = read.endOffset() >= end ? 0 : read.endOffset();
        return read;
    }

    @Benchmark
    public LogRead fromAnywhere() throws IOException {
        long end = file().log().highWatermark();
        return file().log().read(random.nextLong(end), end, readBytes);
    }

    private LogFile file() {
        if (file == null) {
            throw new IllegalStateException("not set up");
        }
        return file;
    }
}
