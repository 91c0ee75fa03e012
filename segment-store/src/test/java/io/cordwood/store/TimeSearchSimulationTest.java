package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories of a log whose timestamps rise, fall and jump, with rolls, conflicts, trims and restarts, at which the
 * index is kept, lost or an old one. Times are searched as a list of all records would answer.
 */
class TimeSearchSimulationTest {
    private static final int STEPS = 150;
    private static final int SEEDS = Boolean.getBoolean("cordwood.nightly") ? 200 : 4;

    @TempDir
    Path temporary;

    private Random random = new Random(0);
    /** By offset. */
    private final List<Long> timestamps = new ArrayList<>();

    private final List<Long> batchEnds = new ArrayList<>();
    private long highWatermark;
    private long logStart;
    private long clock = 1_000_000;
    private int epoch = 1;
    private @Nullable Checkpoint checkpoint;
    private @Nullable Path oldIndex;

    static Stream<Arguments> worlds() {
        return Stream.of(DiskKind.values())
                .flatMap(
                        kind -> Stream.iterate(0, seed -> seed + 1).limit(SEEDS).map(seed -> Arguments.of(kind, seed)));
    }

    @ParameterizedTest
    @MethodSource("worlds")
    void timesAreFoundAsInAListOfAllRecords(DiskKind kind, int seed) throws Exception {
        random = new Random(seed);
        try (var test = new TestLog(kind, temporary)) {
            for (int step = 0; step < STEPS; step++) {
                step(test);
                for (int i = 0; i < 10; i++) {
                    long time = askedTime();
                    assertThat(find(test, time))
                            .as("seed %d, step %d, time %d, log [%d, %d)", seed, step, time, logStart, highWatermark)
                            .isEqualTo(expected(time));
                }
            }
        }
    }

    private void step(TestLog test) throws IOException {
        int kind = random.nextInt(100);
        if (kind < 70) {
            appendSome(test);
        } else if (kind < 80) {
            commit(test);
        } else if (kind < 86) {
            cut(test);
        } else if (kind < 90) {
            trim(test);
        } else if (kind < 93) {
            commitAll(test);
            checkpoint = test.checkpoint();
        } else if (kind < 95) {
            copyIndex(test);
        } else {
            restart(test);
        }
    }

    private void appendSome(TestLog test) throws IOException {
        for (int left = 1 + random.nextInt(8); left > 0; left--) {
            append(test, random.nextInt(12) == 0);
        }
    }

    private void append(TestLog test, boolean roll) throws IOException {
        var times = new long[1 + random.nextInt(5)];
        for (int i = 0; i < times.length; i++) {
            times[i] = nextTimestamp();
        }
        var compression = random.nextInt(4) == 0 ? Compression.GZIP : Compression.NONE;
        var batch = Batches.batch(compression, random.nextInt(200), times);
        if (random.nextInt(4) == 0) {
            long stamp = nextTimestamp();
            RecordBatch.stampLogAppendTime(batch, 0, stamp);
            Arrays.fill(times, stamp);
        }
        RecordBatch.stamp(batch, 0, timestamps.size(), epoch);
        test.append(batch, roll);
        for (long time : times) {
            timestamps.add(time);
        }
        batchEnds.add((long) timestamps.size());
    }

    private long nextTimestamp() {
        clock += random.nextInt(20);
        return switch (random.nextInt(40)) {
            case 0 -> RecordBatch.NO_TIMESTAMP;
            case 1 -> clock + random.nextInt(3_000);
            case 2, 3, 4 -> clock - random.nextInt(3_000);
            default -> clock - random.nextInt(30);
        };
    }

    private void commit(TestLog test) throws IOException {
        var ends = batchEnds.stream().filter(end -> end >= highWatermark).toList();
        if (!ends.isEmpty()) {
            test.log().force();
            highWatermark = ends.get(random.nextInt(ends.size()));
            test.log().advanceHighWatermark(highWatermark);
        }
    }

    private void commitAll(TestLog test) throws IOException {
        test.commit();
        highWatermark = timestamps.size();
    }

    /** A new leader's batches take the place of some. */
    private void cut(TestLog test) throws IOException {
        var ends = batchEnds.stream().filter(end -> end >= highWatermark).toList();
        long offset = ends.isEmpty() ? highWatermark : ends.get(random.nextInt(ends.size()));
        if (random.nextBoolean()) {
            test.log().truncateTo(offset);
        }
        timestamps.subList((int) offset, timestamps.size()).clear();
        batchEnds.removeIf(end -> end > offset);
        epoch++;
        append(test, random.nextBoolean());
    }

    private void trim(TestLog test) throws IOException {
        logStart += random.nextInt((int) Math.min(highWatermark - logStart, 60) + 1);
        test.trimTo(logStart);
    }

    private void copyIndex(TestLog test) throws IOException {
        test.index().flush();
        oldIndex = temporary.resolve("old-" + random.nextInt());
        OffsetIndexTest.copyDirectory(test.indexDirectory(), oldIndex);
    }

    private void restart(TestLog test) throws IOException {
        test.log().force();
        test.log().close();
        test.index().close();
        int fate = random.nextInt(3);
        if (fate > 0) {
            DirectoryTree.delete(test.indexDirectory());
        }
        if (fate == 1 && oldIndex != null) {
            OffsetIndexTest.copyDirectory(oldIndex, test.indexDirectory());
        }
        test.reopenIndex();
        test.reopen(checkpoint == null ? RecoveryPoint.none() : RecoveryPoint.of(checkpoint));
        test.log().advanceHighWatermark(highWatermark);
        test.trimTo(logStart);
        logStart = test.log().logStartOffset();
    }

    private static OptionalLong find(TestLog test, long timestampMs) throws IOException {
        return test.log().firstAtOrAfter(timestampMs, test.log().highWatermark());
    }

    private long askedTime() {
        if (random.nextInt(3) == 0 || timestamps.isEmpty()) {
            return clock - random.nextInt((int) (clock - 999_000));
        }
        long near = timestamps.get(random.nextInt(timestamps.size())) + random.nextInt(3) - 1;
        return Math.max(0, near);
    }

    private OptionalLong expected(long time) {
        for (long offset = logStart; offset < highWatermark; offset++) {
            if (timestamps.get((int) offset) >= time) {
                return OptionalLong.of(offset);
            }
        }
        return OptionalLong.empty();
    }
}
