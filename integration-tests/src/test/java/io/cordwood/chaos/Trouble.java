package io.cordwood.chaos;

import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.chaos.faults.ChaosSpec;
import io.cordwood.chaos.faults.Equipment;
import io.cordwood.chaos.group.GroupPlan;
import io.cordwood.chaos.group.MemberSchedule;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.workload.WorkloadPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What befalls a cluster during a run.
 *
 * <p><b>Thread:</b> one runs it, any may end it.
 */
interface Trouble {
    /**
     * What it came to, for people.
     *
     * @param problems what is not as it should be: any makes the run a bad one
     * @param report lines for the summary
     */
    record Outcome(List<String> problems, List<String> report) {
        public Outcome {
            problems = List.copyOf(problems);
            report = List.copyOf(report);
        }
    }

    /** Lets it happen, puts everything right, and waits until the cluster is whole. */
    Outcome run();

    /** Ends the faults now instead of when their time is over. */
    void abort();

    /** What is to befall a cluster that is not there yet. */
    interface Plan {
        /** For people, and to compare: the same for the same seed. */
        String text();

        /** What is used of the machine. */
        Equipment equipment();

        /** The cluster that it befalls, in a directory of its own. */
        ChaosSpec cluster(Path directory) throws IOException;

        /** Who uses the cluster meanwhile. */
        WorkloadPlan workload();

        /** Groups that read the topics, with what befalls their members. */
        Map<GroupPlan, MemberSchedule> groups();

        /** For the JVMs of their members. */
        default List<String> memberOptions(Path directory) throws IOException {
            return List.of();
        }

        /**
         * @param recorder is told of each fault
         * @param healed is run when all faults have ended and all nodes were started, before the cluster is waited
         *     for: from then on it has a time to work again
         */
        Trouble on(ChaosCluster cluster, Recorder recorder, Runnable healed);
    }
}
