package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What lies before a reader, beside a plain list of batches; when it expires, beside what retention does. */
class BacklogSearchTest {
    private static final int UNLIMITED = -1;
    private static final long FAR_FUTURE = 1L << 50;

    @TempDir
    Path temporary;

    private record Stored(long offset, long timestampMs) {}

    private record StoredBatch(long baseOffset, long endOffset, int sizeBytes) {}

    private final List<Stored> records = new ArrayList<>();
    private final List<StoredBatch> batches = new ArrayList<>();

    private void append(TestLog test, boolean roll, long... timestampsMs) throws IOException {
        long base = test.log().writtenEndOffset();
        var batch = Batches.batch(Compression.LZ4, 100, timestampsMs);
        RecordBatch.stamp(batch, 0, base, 1);
        test.log().append(base, base + timestampsMs.length, batch.duplicate(), roll);
        for (int i = 0; i < timestampsMs.length; i++) {
            records.add(new Stored(base + i, timestampsMs[i]));
        }
        batches.add(new StoredBatch(base, base + timestampsMs.length, batch.remaining()));
    }

    private long bytesBetween(long start, long end) {
        return batches.stream()
                .filter(batch -> batch.endOffset() > start && batch.baseOffset() < end)
                .mapToLong(StoredBatch::sizeBytes)
                .sum();
    }

    private static Backlog backlog(TestLog test, long offset) throws IOException {
        return test.log().backlog(offset, test.log().highWatermark());
    }

    private static Backlog.Next next(TestLog test, long offset) throws IOException {
        return backlog(test, offset).next().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void backlogIsThatOfThePlainListAndExpiresAsRetentionHasIt(long seed) throws Exception {
        var random = new Random(seed);
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            for (int i = 0; i < 300; i++) {
                append(test, random.nextInt(25) == 0, times(random, 1_000 + 10L * i));
                if (random.nextInt(3) == 0) {
                    test.commit();
                }
                if (random.nextInt(20) == 0 && test.log().highWatermark() > 0) {
                    long start = test.log().logStartOffset();
                    test.trimTo(Math.min(start + random.nextInt(20), test.log().highWatermark()));
                }
                check(test, random, "seed " + seed + ", step " + i);
            }
        }
    }

    private void check(TestLog test, Random random, String world) throws IOException {
        long start = test.log().logStartOffset();
        long end = test.log().highWatermark();
        long from = start + random.nextInt((int) (end - start) + 1);
        var found = backlog(test, from);
        assertThat(found.bytes()).as(world).isEqualTo(bytesBetween(from, end));
        if (from == end) {
            assertThat(found).isEqualTo(Backlog.NONE);
            return;
        }
        var next = found.next().orElseThrow();
        assertThat(new Stored(next.offset(), next.timestampMs())).as(world).isEqualTo(records.get((int) from));
        assertExpires(test, next, world);
    }

    /** As retention decides: exactly then, neither a moment nor a byte earlier. */
    private void assertExpires(TestLog test, Backlog.Next next, String world) throws IOException {
        var log = test.log();
        boolean expires = next.expiresWithMs() >= 0;
        long keptBy = expires ? next.expiresWithMs() : FAR_FUTURE;
        assertThat(log.startKeeping(keptBy, UNLIMITED)).as(world).isLessThanOrEqualTo(next.offset());
        if (expires) {
            assertThat(log.startKeeping(keptBy + 1, UNLIMITED)).as(world).isGreaterThan(next.offset());
        }
        assertThat(log.startKeeping(UNLIMITED, next.keptBytes())).as(world).isLessThanOrEqualTo(next.offset());
        assertThat(log.startKeeping(UNLIMITED, next.keptBytes() - 1)).as(world).isGreaterThan(next.offset());
    }

    /** They rise, fall, and are missing, now and then for a while. */
    private long[] times(Random random, long time) {
        boolean goesOn = !records.isEmpty() && records.get(records.size() - 1).timestampMs() < 0;
        if (random.nextInt(10) < (goesOn ? 7 : 1)) {
            return new long[] {RecordBatch.NO_TIMESTAMP, RecordBatch.NO_TIMESTAMP};
        }
        long young = time + random.nextInt(300);
        long old = time - random.nextInt(300);
        return switch (random.nextInt(4)) {
            case 0 -> new long[] {old, RecordBatch.NO_TIMESTAMP, young};
            case 1 -> new long[] {RecordBatch.NO_TIMESTAMP, young};
            default -> new long[] {young, old, time};
        };
    }

    @Test
    void whatBeginsBelowTheLogStartBeginsThere() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 100);
            append(test, true, 200, 210);
            append(test, false, 300);
            test.commit();
            test.trimTo(2);

            assertThat(backlog(test, 0)).isEqualTo(backlog(test, 2));
            assertThat(next(test, 0).timestampMs()).isEqualTo(210);
        }
    }

    @Test
    void recordThatWasTrimmedKeepsNothing() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 100, 9_000);
            append(test, false, 8_000, 200);
            append(test, false, 300);
            test.commit();
            assertThat(next(test, 4).expiresWithMs()).isEqualTo(9_000);

            test.log().raiseLogStart(2);
            assertThat(next(test, 4).expiresWithMs()).isEqualTo(8_000);

            test.log().raiseLogStart(3);
            assertThat(next(test, 4).expiresWithMs()).isEqualTo(300);
        }
    }

    @Test
    void limitMayLieBelowTheHighWatermark() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 100);
            append(test, true, 200);
            append(test, false, 300);
            test.commit();

            assertThat(test.log().backlog(0, 2).bytes()).isEqualTo(bytesBetween(0, 2));
            assertThat(test.log().backlog(2, 1)).isEqualTo(Backlog.NONE);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void recordsThatCompactionRemovedArePassedOver(long seed) throws Exception {
        var random = new Random(seed);
        try (var log = new CompactedLog(DiskKind.NIO.create(), temporary)) {
            for (int i = 0; i < 60; i++) {
                log.append(Compression.NONE, random.nextInt(4) == 0, pairs(random));
                if (random.nextInt(6) == 0) {
                    log.nextEpoch();
                }
                if (random.nextInt(4) == 0) {
                    log.compact(20);
                }
                log.pass(random.nextInt(100));
                long from = random.nextInt((int) log.test().log().highWatermark());
                assertNextIsThere(log, from, "seed " + seed + ", step " + i + ", from " + from);
            }
        }
    }

    private static List<String[]> pairs(Random random) {
        var pairs = new ArrayList<String[]>();
        for (int left = 1 + random.nextInt(5); left > 0; left--) {
            pairs.add(new String[] {"key " + random.nextInt(4), "value"});
        }
        return pairs;
    }

    private void assertNextIsThere(CompactedLog log, long from, String world) throws IOException {
        var found = backlog(log.test(), from);
        var expected =
                log.records().stream().filter(record -> record.offset() >= from).findFirst();
        assertThat(found.next().map(Backlog.Next::offset)).as(world).isEqualTo(expected.map(CompactedLog.Kept::offset));
        assertThat(found.next().map(Backlog.Next::timestampMs))
                .as(world)
                .isEqualTo(expected.map(CompactedLog.Kept::timestamp));
        long bytes = 0;
        for (var batch : log.batches()) {
            bytes += batch.endOffset() > from ? batch.sizeBytes() : 0;
        }
        assertThat(found.bytes()).as(world).isEqualTo(bytes);
        if (found.next().isPresent()) {
            assertExpires(log.test(), found.next().get(), world);
        }
    }

    @Test
    void placeOfRemovedRecordsAtTheEndHoldsNoNextOne() throws Exception {
        try (var log = new CompactedLog(DiskKind.NIO.create(), temporary)) {
            log.append(Compression.NONE, false, List.of(new String[] {"a", "1"}, new String[] {"b", "1"}));
            log.append(Compression.NONE, true, List.<String[]>of(new String[] {"a", "2"}));
            log.append(Compression.NONE, true, List.<String[]>of(new String[] {"b", "2"}));
            log.compact(10);

            var between = log.test().log().backlog(1, 2);

            assertThat(between.next()).isEmpty();
            assertThat(between.bytes()).isPositive();
            assertThat(next(log.test(), 1).offset()).isEqualTo(2);
        }
    }

    @Test
    void whatIsReadDoesNotGrowWithTheBacklog() throws Exception {
        var counting = new CountedReads(new NioDisk());
        try (var test = new TestLog(counting, temporary)) {
            for (int i = 0; i < 2_000; i++) {
                append(test, i % 500 == 0, 1_000 + i);
            }
            test.commit();
            for (long from = 0; from < 2_000; from += 37) {
                counting.forget();
                assertThat(next(test, from).offset()).isEqualTo(from);
                assertThat(counting.bytes()).isLessThan(12L * TestLog.CONFIG.indexIntervalBytes());
            }
        }
    }

    @Test
    void damagedBatchIsReported() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 100);
            append(test, false, 200);
            test.commit();
            test.overwrite(test.file(0), RecordBatch.HEADER_BYTES + 3, (byte) 77);

            assertThatThrownBy(() -> backlog(test, 0)).isInstanceOf(CorruptLogException.class);
            assertThat(backlog(test, 1).next().map(Backlog.Next::offset)).isEqualTo(Optional.of(1L));
        }
    }

    @Test
    void fileThatWasOutvotedIsNotLookedInto() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 100);
            append(test, true, 200);
            append(test, true, 300);
            test.commit();
            var scrub = test.log().scrub();
            var found = scrub.check(scrub.sealed().get(1), bytes -> {}).orElseThrow();

            scrub.refuse(found.contradicted("others have another"));

            assertThatThrownBy(() -> backlog(test, 1)).isInstanceOf(DamagedRangeException.class);
            assertThat(backlog(test, 2).next()).isPresent();
        }
    }
}
