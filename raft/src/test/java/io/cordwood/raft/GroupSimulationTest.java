package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/**
 * Members of a consumer group, leaders that come and go, and a bad network: whatever happens, a partition has one owner,
 * commits never go back, nobody commits who may not, replay gives the same bytes, and all is settled within 30 s of the
 * last fault.
 */
class GroupSimulationTest {
    private static final int SEEDS = Boolean.getBoolean("cordwood.nightly") ? 200_000 : 2_000;
    private static final int STEPS_BETWEEN_FAILOVERS = Boolean.getBoolean("cordwood.nightly") ? 1 : 20;

    private static GroupCluster run(long seed, long failoverAtEvent) {
        try {
            var world = new GroupCluster(seed, failoverAtEvent);
            world.run();
            return world;
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "seed " + seed + ", failover at event " + failoverAtEvent + ": " + e.getMessage(), e);
        }
    }

    @Test
    void groupKeepsItsPromisesWhateverHappens() {
        long accepted = 0;
        long refused = 0;
        long failovers = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            var world = run(seed, -1);
            accepted += world.acceptedCommits;
            refused += world.refusedCommits;
            failovers += world.failovers();
        }

        System.out.printf(
                "group simulation: %d seeds, %d commits, %d refused, %d failovers, %d s of CPU%n",
                SEEDS, accepted, refused, failovers, cpuSeconds());
        assertThat(accepted).isGreaterThan(20L * SEEDS);
        assertThat(refused).isPositive();
        assertThat(failovers).isGreaterThan(SEEDS);
    }

    private static long cpuSeconds() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1_000_000_000;
    }

    @Test
    void leaderMayFailAtEveryStep() {
        for (long seed = 0; seed < 2; seed++) {
            long events = run(seed, -1).events();
            for (long event = 1; event < events; event += STEPS_BETWEEN_FAILOVERS) {
                run(seed, event);
            }
        }
    }

    @Test
    void sameSeedGivesTheSameHistory() {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(run(seed, -1).print()).isEqualTo(run(seed, -1).print());
        }
    }
}
