package io.cordwood.bench.micro;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** What does it cost to read all records of a batch of 64 KiB? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchDecode {
    @Param({"100", "1000"})
    private int recordBytes;

    @Param({"NONE", "LZ4", "ZSTD"})
    private Compression compression = Compression.NONE;

    private ByteBuffer batch = ByteBuffer.allocate(0);

    @Setup
    public void build() {
        batch = Batches.full(recordBytes, compression);
    }

    @Benchmark
    public void records(Blackhole sink) {
        try (var records = RecordBatch.of(batch.duplicate()).records()) {
            while (records.hasNext()) {
                sink.consume(records.next());
            }
        }
    }

    @Benchmark
    public boolean crc() {
        return RecordBatch.of(batch.duplicate()).crcMatches();
    }
}
