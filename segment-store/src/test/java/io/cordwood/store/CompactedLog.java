package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/**
 * A log with keys beside a list of the records that it must hold, with the table that its entries would make: what a replica
 * does for compaction, step by step.
 */
final class CompactedLog implements AutoCloseable {
    static final CompactionRules RULES = new CompactionRules(0, 1_000, 0, 700);

    private final TestLog test;
    private final List<Kept> records;
    private SegmentTable table = SegmentTable.empty(0);
    private long compactedEnd;
    private long nowMs = 1_000_000;
    private int epoch = 1;
    private Checkpoint durable;
    /** Since the newest checkpoint. */
    private final List<Pass> passes = new ArrayList<>();

    /** A record, and the horizon that a pass gave it; -1 = none. */
    record Kept(long offset, String key, @Nullable String value, long timestamp, long horizonMs) {
        Kept withHorizon(long newHorizonMs) {
            return value == null && horizonMs < 0 ? new Kept(offset, key, value, timestamp, newHorizonMs) : this;
        }

        Kept asRead() {
            return new Kept(offset, key, value, timestamp, -1);
        }
    }

    record Pass(OffsetRange scanned, int keys, List<SealedSegment> results, CompactionTimes times) {}

    CompactedLog(Disk disk, Path root) throws IOException {
        this.test = new TestLog(disk, root);
        this.records = new ArrayList<>();
        this.durable = checkpoint();
    }

    TestLog test() {
        return test;
    }

    SegmentTable table() {
        return table;
    }

    long compactedEnd() {
        return compactedEnd;
    }

    List<Pass> passes() {
        return passes;
    }

    void nextEpoch() {
        epoch++;
    }

    void pass(long millis) {
        nowMs += millis;
    }

    /** A record for each pair; no value is a tombstone. */
    void append(Compression compression, boolean roll, List<String[]> pairs) throws IOException {
        long base = test.log().writtenEndOffset();
        var builder = new RecordBatchBuilder(compression, 1 << 20);
        for (int i = 0; i < pairs.size(); i++) {
            var pair = pairs.get(i);
            builder.tryAppend(nowMs + i % 3, bytes(pair[0]), bytes(pair[1]), List.of());
            records.add(new Kept(base + i, pair[0], pair[1], nowMs + i % 3, -1));
        }
        var batch = builder.build();
        RecordBatch.stamp(batch, 0, base, epoch);
        test.append(batch, roll);
        table = table.append(base, batch.remaining(), RecordBatch.of(batch).maxTimestamp(), roll, nowMs);
        test.commit();
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** One pass with memory for so many keys, decided, written and installed. */
    boolean compact(int keysMax) throws IOException {
        return compact(keysMax, () -> {});
    }

    /** Something that happens to the log. */
    interface Step {
        void run() throws IOException;
    }

    /** @param meanwhile between the pass and its entry */
    boolean compact(int keysMax, Step meanwhile) throws IOException {
        var plan = CompactionPlan.of(table, compactedEnd, test.log().highWatermark(), RULES, nowMs + 10);
        if (plan.isEmpty()) {
            return false;
        }
        var times = CompactionTimes.of(nowMs, RULES);
        var compactor = test.log().compactor(bytes -> {});
        var result = compactor.compact(plan.get(), times, (keysMax * 4L / 3 + 1) * KeyOffsets.SLOT_BYTES);
        meanwhile.run();
        result.trimTo(test.log().logStartOffset());
        var sealed = result.segments().stream().map(RewrittenSegment::sealed).toList();
        passes.add(new Pass(result.scanned(), result.keys(), sealed, times));
        long rewrittenEnd = plan.get().groupsBelow(result.scanned().end()).stream()
                .flatMap(List::stream)
                .mapToLong(SealedSegment::endOffset)
                .max()
                .orElseThrow();
        forget(result.scanned(), rewrittenEnd, times);
        sealed.forEach(segment -> table = table.replace(segment));
        compactedEnd = result.scanned().end();
        install(result.segments());
        return true;
    }

    private void install(List<RewrittenSegment> segments) throws IOException {
        for (var segment : segments) {
            test.log().install(segment);
        }
    }

    /** The naive model of a pass. */
    private void forget(OffsetRange scanned, long rewrittenEnd, CompactionTimes times) {
        var newest = new HashMap<String, Long>();
        records.stream()
                .filter(record -> scanned.contains(record.offset()))
                .forEach(record -> newest.put(record.key(), record.offset()));
        records.removeIf(record -> record.offset() < rewrittenEnd
                && (newest.getOrDefault(record.key(), -1L) > record.offset()
                        || (record.horizonMs() >= 0 && record.horizonMs() <= times.nowMs())));
        var ends = batchEnds(scanned.end());
        records.replaceAll(record -> record.offset() < ends ? record.withHorizon(times.newHorizonMs()) : record);
    }

    /** The end of the last batch that ends at or below an offset: in the files as they still are. */
    private long batchEnds(long offset) {
        try {
            long end = 0;
            for (var batch : batches()) {
                end = batch.endOffset() <= offset ? batch.endOffset() : end;
            }
            return end;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    Checkpoint checkpoint() {
        var log = test.log();
        return new Checkpoint(
                TestLog.ID,
                1,
                10,
                log.highWatermark(),
                log.logStartOffset(),
                nowMs,
                log.leaderEpochs(),
                List.of(),
                table,
                compactedEnd);
    }

    void takeCheckpoint() throws IOException {
        durable = checkpoint();
        CheckpointFile.write(test.disk(), test.directory(), durable);
        passes.clear();
        while (test.log().hasReplaced(durable.segments(), Long.MAX_VALUE)) {
            test.log().deleteReplaced(durable.segments(), Long.MAX_VALUE);
        }
    }

    void trim(long newStart) throws IOException {
        takeCheckpoint();
        test.trimTo(newStart);
        records.removeIf(record -> record.offset() < newStart);
        table = table.trimTo(newStart);
        takeCheckpoint();
    }

    /** From the newest checkpoint; what was decided since is done again and must come to the same. */
    void restart() throws IOException {
        long end = test.log().highWatermark();
        test.reopen(RecoveryPoint.of(durable).withDurableEndOffset(end));
        test.log().advanceHighWatermark(end);
        redo(passes);
    }

    void redo(List<Pass> decided) throws IOException {
        for (var pass : decided) {
            var compactor = test.log().compactor(bytes -> {});
            var again = compactor.repeat(pass.scanned(), pass.keys(), pass.results(), pass.times());
            assertThat(again.segments().stream().map(RewrittenSegment::sealed)).isEqualTo(pass.results());
            install(again.segments());
        }
    }

    List<RecordBatch> batches() throws IOException {
        var contents = ByteBuffer.wrap(test.contents());
        return Batches.split(contents);
    }

    /** The log holds the model's records, in batches without a hole, and Kafka's reader agrees. */
    void check(Object world) throws IOException {
        var log = test.log();
        var expected = records.stream().map(Kept::asRead).toList();
        var ours = new ArrayList<Kept>();
        long end = -1;
        for (var batch : batches()) {
            assertThat(batch.crcMatches()).isTrue();
            assertThat(batch.baseOffset()).isEqualTo(end < 0 ? batch.baseOffset() : end);
            end = batch.endOffset();
            batch.records().forEachRemaining(record -> ours.add(read(record)));
        }
        ours.removeIf(record -> record.offset() < log.logStartOffset());
        assertThat(ours).as("%s", world).isEqualTo(expected);
        var theirs = new ArrayList<Long>();
        for (var batch :
                MemoryRecords.readableRecords(ByteBuffer.wrap(test.contents())).batches()) {
            batch.ensureValid();
            batch.forEach(record -> theirs.add(record.offset()));
        }
        theirs.removeIf(offset -> offset < log.logStartOffset());
        assertThat(theirs).isEqualTo(expected.stream().map(Kept::offset).toList());
        assertThat(log.segments().subList(0, table.sealed().size()))
                .isEqualTo(table.sealed().stream()
                        .map(each -> new SegmentInfo(each.baseOffset(), each.endOffset(), each.sizeBytes()))
                        .toList());
    }

    private static Kept read(BatchRecord record) {
        return new Kept(
                record.offset(),
                Objects.requireNonNull(text(record.key())),
                text(record.value()),
                record.timestamp(),
                -1);
    }

    private static @Nullable String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    List<Kept> records() {
        return records;
    }

    @Override
    public void close() throws IOException {
        test.close();
    }
}
