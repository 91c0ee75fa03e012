package io.cordwood.bench.micro;

import io.cordwood.batch.BatchCheck;
import io.cordwood.batch.BatchLimits;
import io.cordwood.batch.BatchValidator;
import io.cordwood.batch.Compression;
import io.cordwood.batch.TimestampRules;
import io.cordwood.batch.TimestampType;
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

/** What does a leader pay to check a batch of 64 KiB before it appends it? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchValidate {
    private static final TimestampRules ANY_TIME =
            new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, Long.MAX_VALUE, false);

    private final BatchValidator validator = new BatchValidator(BatchLimits.ofBatchMaxBytes(1 << 20));

    @Param({"100", "1000"})
    private int recordBytes;

    @Param({"NONE", "LZ4", "ZSTD"})
    private Compression compression = Compression.NONE;

    private ByteBuffer batch = ByteBuffer.allocate(0);
    private long nowMs;

    @Setup
    public void build() {
        batch = Batches.full(recordBytes, compression);
        nowMs = System.currentTimeMillis();
        if (!(check() instanceof BatchCheck.Accepted)) {
            throw new IllegalStateException("not a batch that is accepted: " + check());
        }
    }

    @Benchmark
    public BatchCheck check() {
        return validator.check(batch.duplicate(), ANY_TIME, nowMs);
    }
}
