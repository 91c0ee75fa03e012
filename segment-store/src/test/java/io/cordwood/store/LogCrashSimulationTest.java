package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories of a log, with the power gone at every single operation on the disk. The index is a real one, shared
 * by all worlds of the test: what it holds is never right for more than one of them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LogCrashSimulationTest {
    private static final int STEPS = 30;
    private static final int SEEDS = Boolean.getBoolean("cordwood.nightly") ? 300 : 2;

    private OffsetIndex index;

    static LongStream seeds() {
        return LongStream.range(0, SEEDS);
    }

    @BeforeAll
    void openIndex(@TempDir Path temporary) throws IOException {
        index = OffsetIndex.open(temporary.resolve("index"));
    }

    @AfterAll
    void closeIndex() {
        index.close();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void forcedBatchesSurviveAPowerLossAtEveryOperation(long seed) throws IOException {
        long operations = run(seed, Long.MAX_VALUE).disk().operations();
        assertThat(operations).isGreaterThan(STEPS);
        for (long at = 1; at <= operations + 1; at++) {
            var world = run(seed, at);
            for (CrashMode mode : CrashMode.values()) {
                checkImage(world, mode, "seed " + seed + ", operation " + at + ", " + mode);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void powerLossBetweenTruncationNewBytesAndForce(CrashMode mode) throws IOException {
        for (long at = 1; at < 40; at++) {
            var world = new LogWorld(at, index);
            world.start();
            long before = world.disk().operations();
            world.disk().powerOffAt(before + at);
            world.conflictOverSeveralFiles();

            checkImage(world, mode, "conflict, operation " + at + ", " + mode);
        }
    }

    private LogWorld run(long seed, long powerOffAt) throws IOException {
        var world = new LogWorld(seed, index);
        world.disk().powerOffAt(powerOffAt);
        world.start();
        for (int i = 0; i < STEPS && !world.disk().isOff(); i++) {
            world.step();
        }
        return world;
    }

    private void checkImage(LogWorld world, CrashMode mode, String name) throws IOException {
        var image = world.disk().crash(mode);
        var found = world.recover(image);
        world.check(found, name);
        assertThat(world.recover(image)).as("%s, recovered again", name).isEqualTo(found);

        var random = new Random(name.hashCode());
        var secondCrash = world.disk().crash(mode);
        secondCrash.powerOffAt(1 + random.nextInt(6));
        world.tryToRecover(secondCrash);
        var modes = CrashMode.values();
        var second = secondCrash.crash(modes[random.nextInt(modes.length)]);
        world.check(world.recover(second), name + ", power lost again while recovering");
    }
}
