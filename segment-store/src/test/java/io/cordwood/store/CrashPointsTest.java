package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random sequences of what happens to a replica's store, with the power gone at every operation on the
 * disk: what was acknowledged is there, nothing else is, and recovering twice is recovering once.
 */
class CrashPointsTest {
    private static final boolean NIGHTLY = Boolean.getBoolean("cordwood.nightly");
    private static final int SEQUENCES = NIGHTLY ? 2_000 : 200;
    private static final int OPERATIONS = 20;
    /** Of so many sequences one leaves each prefix of what was not forced; the others leave one of them. */
    private static final int PREFIXES_EVERY = NIGHTLY ? 1 : 5;
    /** Deleted ranges make an index slower and slower. */
    private static final int SEQUENCES_PER_INDEX = 20;

    @TempDir
    Path temporary;

    @Test
    void acknowledgedBatchesSurviveAPowerLossAtEveryOperation() throws IOException {
        var silent = OffsetIndex.open(temporary.resolve("silent"));
        silent.close();
        var broken = new ArrayList<BrokenPromise>();
        var crashes = new CrashPoints(silent, PlantedBug.NONE);
        for (int first = 0; first < SEQUENCES; first += SEQUENCES_PER_INDEX) {
            try (var index = OffsetIndex.open(temporary.resolve("index" + first))) {
                for (long seed = first; seed < first + SEQUENCES_PER_INDEX; seed++) {
                    crashes.leaveEachPrefix(seed % PREFIXES_EVERY == 0);
                    run(crashes, index, seed, broken);
                }
            }
        }
        System.out.println("crash points: " + crashes);
        assertThat(broken).isEmpty();
    }

    private static void run(CrashPoints crashes, OffsetIndex index, long seed, List<BrokenPromise> broken)
            throws IOException {
        try {
            QuietLogger.during(IndexFill.class, () -> crashes.run(index, seed, OPERATIONS));
        } catch (BrokenPromise e) {
            broken.add(e);
        }
    }
}
