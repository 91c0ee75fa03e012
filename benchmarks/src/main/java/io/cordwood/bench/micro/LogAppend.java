package io.cordwood.bench.micro;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What does it cost to append a batch of 64 KiB to a segment, without and with the disk's part of it? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LogAppend {
    @Param({"100", "1000"})
    private int recordBytes;

    private @Nullable LogFile file;

    // A log per iteration, so that a long benchmark does not fill the disk.
    @Setup(Level.Iteration)
    public void create() throws IOException {
        file = LogFile.create(recordBytes);
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
        file().close();
    }

    @Benchmark
    public void append() throws IOException {
        file().append();
    }

    @Benchmark
    public void appendAndForce() throws IOException {
        file().append();
        file().log().force();
    }

    private LogFile file() {
        if (file == null) {
            throw new IllegalStateException("not set up");
        }
        return file;
    }
}
