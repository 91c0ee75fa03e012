package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cordwood.store.BrokenPromise.Invariant;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The suites find the bugs that they are there for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlantedBugsTest {
    private static final int SEQUENCES = 20;
    private static final int OPERATIONS = 20;

    private OffsetIndex index;

    @BeforeAll
    void openIndex(@TempDir Path temporary) throws IOException {
        index = OffsetIndex.open(temporary.resolve("index"));
        index.close(); // none of this depends on it
    }

    @AfterAll
    void closeIndex() {
        index.close();
    }

    /** In every build {@link CrashPointsTest} and {@link IoErrorsTest} say the same of more sequences. */
    @Tag("nightly")
    @Test
    void storeWithoutABugKeepsItsPromise() throws IOException {
        crashAtEveryOperation(PlantedBug.NONE);
        failEveryOperation(PlantedBug.NONE);
    }

    @Test
    void acknowledgementBeforeTheForceIsFound() {
        assertThat(brokenBy(PlantedBug.ACKNOWLEDGES_BEFORE_THE_FORCE))
                .isEqualTo(Invariant.ACKNOWLEDGED_BATCHES_SURVIVE);
    }

    @Test
    void missingForceOfADirectoryIsFound() {
        assertThat(brokenBy(PlantedBug.FORCES_NO_DIRECTORY))
                .isIn(Invariant.ACKNOWLEDGED_BATCHES_SURVIVE, Invariant.WRITTEN_CHECKPOINT_SURVIVES);
    }

    @Test
    void missingProducersInACheckpointAreFound() {
        assertThat(brokenBy(PlantedBug.CHECKPOINT_WITHOUT_PRODUCERS))
                .isEqualTo(Invariant.PRODUCERS_ARE_THOSE_OF_THE_ENTRIES);
    }

    @Test
    void repeatedForceIsFound() {
        var broken = catchThrowableOfType(
                BrokenPromise.class, () -> failEveryOperation(PlantedBug.TRIES_A_FAILED_FORCE_AGAIN));

        assertThat(broken.invariant())
                .isIn(Invariant.FAILED_FORCE_IS_NOT_TRIED_AGAIN, Invariant.ACKNOWLEDGED_BATCHES_SURVIVE);
    }

    @Test
    void startThatBelievesAForceOfWhatItReadsIsFound() {
        var broken = catchThrowableOfType(
                BrokenPromise.class, () -> failEveryOperation(PlantedBug.BELIEVES_WHAT_A_START_READS));

        assertThat(broken.invariant()).isEqualTo(Invariant.ACKNOWLEDGED_BATCHES_SURVIVE);
    }

    private Invariant brokenBy(PlantedBug bug) {
        return catchThrowableOfType(BrokenPromise.class, () -> crashAtEveryOperation(bug))
                .invariant();
    }

    private void crashAtEveryOperation(PlantedBug bug) throws IOException {
        var crashes = new CrashPoints(index, bug);
        for (int seed = 0; seed < SEQUENCES; seed++) {
            crashes.run(index, seed, OPERATIONS);
        }
    }

    private void failEveryOperation(PlantedBug bug) throws IOException {
        var errors = new IoErrors(index, bug);
        for (int k = 1; k <= SEQUENCES; k++) {
            int at = k;
            errors.run(k, disk -> disk.failAt(at, IoFault.INPUT_OUTPUT), "operation " + k);
        }
    }
}
