package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compaction of more than the heap holds, in a process of its own. */
class CompactionMemoryTest {
    private static final int BATCH_RECORDS = 500;
    private static final int VALUE_BYTES = 100;
    private static final long KEY_BYTES = 128L << 20;

    @TempDir
    Path temporary;

    @Test
    void aLogThatIsLargerThanTheHeapIsCompacted() throws Exception {
        assertThat(runWithHeap("48m", 500_000, 30_000)).isEqualTo("30000 keys left");
    }

    @Test
    @Tag("nightly")
    void tenMillionRecordsOfOneMillionKeysAreCompactedWithin512Megabytes() throws Exception {
        assertThat(runWithHeap("512m", 10_000_000, 1_000_000)).isEqualTo("1000000 keys left");
    }

    private String runWithHeap(String heap, int records, int keys) throws Exception {
        var java = ProcessHandle.current().info().command().orElseThrow();
        var output = temporary.resolve("output").toFile();
        var process = new ProcessBuilder(
                        java,
                        "-Xmx" + heap,
                        "-cp",
                        System.getProperty("java.class.path"),
                        CompactionMemoryTest.class.getName(),
                        temporary.toString(),
                        Integer.toString(records),
                        Integer.toString(keys))
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
        var lines = Files.readAllLines(output.toPath());
        assertThat(process.exitValue()).as("%s", lines).isZero();
        return lines.get(lines.size() - 1);
    }

    /** Fills a log, compacts it, and checks each record that is left. */
    public static void main(String[] arguments) throws IOException {
        int records = Integer.parseInt(arguments[1]);
        var newest = new long[Integer.parseInt(arguments[2])];
        try (var test = new TestLog(new NioDisk(), Path.of(arguments[0]))) {
            var table = fill(test, records, newest);
            var rules = new CompactionRules(0, 0, 0, 1L << 30);
            var plan =
                    CompactionPlan.of(table, 0, records, rules, Long.MAX_VALUE).orElseThrow();
            var result = test.log().compactor(bytes -> {}).compact(plan, CompactionTimes.of(1, rules), KEY_BYTES);
            for (var segment : result.segments()) {
                test.log().install(segment);
            }
            System.out.println(countLeft(test.log(), newest) + " keys left");
        }
    }

    private static SegmentTable fill(TestLog test, int records, long[] newest) throws IOException {
        Arrays.fill(newest, -1);
        var table = SegmentTable.empty(0);
        var value = new byte[VALUE_BYTES];
        for (long base = 0; base < records; base += BATCH_RECORDS) {
            var builder = new RecordBatchBuilder(Compression.NONE, 1 << 20);
            for (long offset = base; offset < base + BATCH_RECORDS; offset++) {
                int key = (int) (offset * 7_919 % newest.length);
                newest[key] = offset;
                builder.tryAppend(
                        1, ByteBuffer.allocate(Integer.BYTES).putInt(0, key).array(), value, List.of());
            }
            var batch = builder.build();
            RecordBatch.stamp(batch, 0, base, 1);
            boolean roll = base % (BATCH_RECORDS * 200) == 0 || base + BATCH_RECORDS >= records;
            test.append(batch, roll);
            table = table.append(base, batch.remaining(), 1, roll, 1);
        }
        test.commit();
        return table;
    }

    /** The active segment is not compacted, so what is left there counts only where it is the newest. */
    private static long countLeft(PartitionLog log, long[] newest) throws IOException {
        long left = 0;
        for (long at = 0; at < log.highWatermark(); ) {
            var read = log.read(at, log.highWatermark(), 1 << 20);
            for (var batch : Batches.split(read.batches())) {
                var records = batch.records();
                while (records.hasNext()) {
                    var record = records.next();
                    int key = Objects.requireNonNull(record.key()).getInt();
                    if (newest[key] == record.offset()) {
                        left++;
                    } else if (newest[key] < log.highWatermark() - BATCH_RECORDS) {
                        throw new IllegalStateException(
                                "key " + key + " has offset " + record.offset() + " beside the newest, " + newest[key]);
                    }
                }
            }
            at = read.endOffset();
        }
        return left;
    }
}
