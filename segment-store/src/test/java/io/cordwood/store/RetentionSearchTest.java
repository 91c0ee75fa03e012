package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a log has to begin, beside a plain list of its records. */
class RetentionSearchTest {
    private static final int UNLIMITED = -1;

    @TempDir
    Path temporary;

    private record Stored(long offset, long timestampMs) {}

    private record StoredBatch(long baseOffset, long endOffset, int sizeBytes) {}

    private final List<Stored> records = new ArrayList<>();
    private final List<StoredBatch> batches = new ArrayList<>();

    private void append(TestLog test, boolean roll, long... timestampsMs) throws IOException {
        long base = test.log().writtenEndOffset();
        var batch = Batches.batch(Compression.NONE, 100, timestampsMs);
        RecordBatch.stamp(batch, 0, base, 1);
        test.log().append(base, base + timestampsMs.length, batch.duplicate(), roll);
        for (int i = 0; i < timestampsMs.length; i++) {
            records.add(new Stored(base + i, timestampsMs[i]));
        }
        batches.add(new StoredBatch(base, base + timestampsMs.length, batch.remaining()));
    }

    private long startByTime(long logStart, long oldestMs) {
        long firstYoung = records.stream()
                .filter(each -> each.offset() >= logStart && each.timestampMs() >= oldestMs)
                .mapToLong(Stored::offset)
                .findFirst()
                .orElse(records.size());
        return records.stream()
                .filter(each -> each.offset() >= logStart && each.offset() < firstYoung)
                .filter(each -> each.timestampMs() != RecordBatch.NO_TIMESTAMP)
                .mapToLong(each -> each.offset() + 1)
                .max()
                .orElse(logStart);
    }

    private long startBySize(long logStart, long maxBytes) {
        long left = maxBytes;
        long start = records.size();
        for (int i = batches.size() - 1; i >= 0 && left >= batches.get(i).sizeBytes(); i--) {
            left -= batches.get(i).sizeBytes();
            start = batches.get(i).baseOffset();
        }
        return Math.max(start, logStart);
    }

    /** Most replicas have another file: a time or a trim that comes of this one would not be theirs. */
    @Test
    void nothingIsMadeOfAFileThatWasOutvoted() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 1_000, 1_100);
            append(test, true, 1_200, 1_300);
            append(test, true, 1_400, 1_500);
            test.commit();
            var found = test.log()
                    .scrub()
                    .check(test.log().scrub().sealed().get(1), bytes -> {})
                    .orElseThrow();
            long secondByTime = 1_250;
            long halfOfTheBytes = test.log().sizeBytes() / 2;
            assertThat(test.log().startKeeping(secondByTime, -1)).isEqualTo(3);
            assertThat(test.log().startKeeping(-1, halfOfTheBytes)).isEqualTo(4);

            test.log().scrub().refuse(found.contradicted("others have another"));

            assertThatThrownBy(() -> test.log().firstAtOrAfter(secondByTime, 6))
                    .isInstanceOf(DamagedRangeException.class);
            assertThat(test.log().startKeeping(secondByTime, -1)).isZero();
            assertThat(test.log().startKeeping(-1, halfOfTheBytes)).isZero();
            assertThat(test.log().firstAtOrAfter(1_350, 6)).hasValue(4);
            assertThat(test.log().firstAtOrAfter(1_050, 6)).hasValue(1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void startIsThatOfThePlainList(long seed) throws Exception {
        var random = new Random(seed);
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            for (int i = 0; i < 200; i++) {
                long time = 1_000 + 10L * i;
                append(test, random.nextInt(20) == 0, times(random, time));
            }
            test.commit();
            for (int i = 0; i < 100; i++) {
                long start = test.log().logStartOffset();
                long oldestMs = 900L + random.nextInt(2_300);
                long maxBytes = random.nextInt(70_000);
                assertThat(test.log().startKeeping(oldestMs, UNLIMITED)).isEqualTo(startByTime(start, oldestMs));
                assertThat(test.log().startKeeping(UNLIMITED, maxBytes)).isEqualTo(startBySize(start, maxBytes));
                if (i % 10 == 0) {
                    test.trimTo(start + random.nextInt(20));
                }
            }
            assertThat(test.log().startKeeping(UNLIMITED, UNLIMITED))
                    .isEqualTo(test.log().logStartOffset());
        }
    }

    /** Two for a batch; now and then, and then for a while, none. */
    private long[] times(Random random, long time) {
        boolean goesOn = records.isEmpty() || last().timestampMs() == RecordBatch.NO_TIMESTAMP;
        long young = time + random.nextInt(50);
        long old = time - random.nextInt(50);
        if (random.nextInt(10) < (goesOn ? 8 : 1)) {
            return new long[] {RecordBatch.NO_TIMESTAMP, RecordBatch.NO_TIMESTAMP};
        }
        return switch (random.nextInt(4)) {
            case 0 -> new long[] {old, RecordBatch.NO_TIMESTAMP};
            case 1 -> new long[] {RecordBatch.NO_TIMESTAMP, young};
            default -> new long[] {young, old};
        };
    }

    private Stored last() {
        return records.get(records.size() - 1);
    }

    @Test
    void recordsThatAreNotCommittedStay() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 100);
            append(test, true, 100);
            test.commit();
            append(test, false, 100);
            append(test, true, 100);

            assertThat(test.log().startKeeping(200, UNLIMITED)).isEqualTo(2);
            assertThat(test.log().startKeeping(UNLIMITED, 0)).isEqualTo(2);
        }
    }

    @Test
    void recordsWithoutATimestampExpireWithOlderOnesBehindThem() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, RecordBatch.NO_TIMESTAMP);
            append(test, true, RecordBatch.NO_TIMESTAMP);
            test.commit();
            assertThat(test.log().startKeeping(200, UNLIMITED)).isZero();

            append(test, true, 100);
            append(test, true, RecordBatch.NO_TIMESTAMP);
            test.commit();
            assertThat(test.log().startKeeping(200, UNLIMITED)).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recordsWithoutATimestampStayWhereAYoungOneFollows(boolean rolls) throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, RecordBatch.NO_TIMESTAMP, RecordBatch.NO_TIMESTAMP);
            append(test, rolls, 100);
            test.commit();
            assertThat(test.log().startKeeping(100, UNLIMITED)).isZero();

            append(test, rolls, RecordBatch.NO_TIMESTAMP);
            append(test, rolls, RecordBatch.NO_TIMESTAMP, 300);
            test.commit();
            assertThat(test.log().startKeeping(200, UNLIMITED)).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aYoungRecordThatIsNotCommittedSparesThoseInFrontOfIt(boolean rolls) throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 100);
            append(test, rolls, RecordBatch.NO_TIMESTAMP, RecordBatch.NO_TIMESTAMP);
            test.commit();
            append(test, rolls, 300);

            assertThat(test.log().startKeeping(200, UNLIMITED)).isEqualTo(1);
        }
    }

    @Test
    void whatCannotBeReadKeepsNoMoreThanItsSegment() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, false, 100, 110);
            append(test, true, 200, 210);
            append(test, false, 240, 300);
            append(test, true, 400, 410);
            test.commit();
            long batchBytes = batches.get(0).sizeBytes();
            assertThat(test.log().startKeeping(300, UNLIMITED)).isEqualTo(5);
            assertThat(test.log().startKeeping(UNLIMITED, 2 * batchBytes)).isEqualTo(4);

            test.overwrite(test.file(2), 2 * batchBytes - 2, (byte) '?'); // in the last value of its second batch
            assertThat(test.log().startKeeping(300, UNLIMITED)).isEqualTo(2);
            assertThat(test.log().startKeeping(300, 2 * batchBytes)).isEqualTo(4);
            assertThat(test.log().startKeeping(401, UNLIMITED)).isEqualTo(7);

            test.overwrite(test.file(2), batchBytes + 16, (byte) 9); // its magic
            assertThat(test.log().startKeeping(300, UNLIMITED)).isEqualTo(2);
            assertThat(test.log().startKeeping(301, UNLIMITED)).isEqualTo(6);
            assertThat(test.log().startKeeping(UNLIMITED, batchBytes)).isEqualTo(2);
            assertThat(test.log().startKeeping(UNLIMITED, 0)).isEqualTo(8);
        }
    }
}
