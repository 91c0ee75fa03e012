package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The k-th operation on the disk fails, each in its turn, in each way; alone, with the next one, or with all
 * that follow.
 */
class IoErrorsTest {
    private static final boolean NIGHTLY = Boolean.getBoolean("cordwood.nightly");
    private static final int OPERATIONS = 200;
    /** How many fail. The last one of these: until the process was started again. */
    private static final long[] FAILURES = {1, 2, Long.MAX_VALUE};

    private static final long SEEDS = NIGHTLY ? 10 : 1;

    @TempDir
    Path temporary;

    @Test
    void errorOfAnyOperationEndsTheUseOfTheLogAndLosesNothing() throws IOException {
        var index = OffsetIndex.open(temporary.resolve("index"));
        index.close(); // none of this depends on it
        var errors = new IoErrors(index, PlantedBug.NONE);
        var broken = new ArrayList<BrokenPromise>();
        QuietLogger.during(SegmentTransfer.class, () -> runAll(errors, broken));
        System.out.println("I/O errors: " + errors);
        assertThat(broken).isEmpty();
    }

    private static void runAll(IoErrors errors, List<BrokenPromise> broken) throws IOException {
        for (long seed = 0; seed < SEEDS * OPERATIONS; seed++) {
            long k = seed % OPERATIONS + 1;
            var where = " at operation " + k;
            for (var fault : IoFault.values()) {
                for (long count : FAILURES) {
                    run(errors, seed, disk -> disk.failFrom(k, fault, count), count + " " + fault + where, broken);
                }
            }
            run(errors, seed, disk -> disk.failOpenAt(k), "open" + where, broken);
        }
    }

    private static void run(IoErrors errors, long seed, IoErrors.Plan plan, String where, List<BrokenPromise> broken)
            throws IOException {
        try {
            // A sequence of steps may be over before so many operations.
            for (long other = seed; !errors.run(other, plan, where + " of seed " + other); ) {
                other += SEEDS * OPERATIONS;
            }
        } catch (BrokenPromise e) {
            broken.add(e);
        }
    }

    @Test
    void shortWriteLeavesAPartOfTheBytes() throws IOException {
        var directory = Path.of("/d");
        var disk = new SimulatedDisk(1);
        disk.createDirectories(directory);
        try (var file = disk.open(directory.resolve("f"), OpenMode.CREATE)) {
            disk.failAt(disk.operations() + 1, IoFault.SHORT_WRITE);

            assertThatThrownBy(() -> file.write(Batches.batch(0, 1, 1, "x".repeat(100)), 0))
                    .hasMessageContaining("No space left");

            assertThat(file.sizeBytes()).isBetween(50L, 120L);
        }
    }
}
