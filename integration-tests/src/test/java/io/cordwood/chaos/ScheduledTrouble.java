package io.cordwood.chaos;

import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.chaos.faults.ChaosSpec;
import io.cordwood.chaos.faults.Equipment;
import io.cordwood.chaos.faults.FaultKind;
import io.cordwood.chaos.faults.FaultListener;
import io.cordwood.chaos.faults.Nemesis;
import io.cordwood.chaos.faults.Schedule;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.workload.WorkloadPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Faults by a schedule that a seed decides.
 *
 * <p><b>Thread:</b> as of {@link Trouble}.
 */
final class ScheduledTrouble implements Trouble {
    /** Half a window: the last one ends behind the time it is asked for. */
    private static final Duration HALF_A_WINDOW = Duration.ofSeconds(15);

    private final Nemesis nemesis;

    private ScheduledTrouble(Nemesis nemesis) {
        this.nemesis = nemesis;
    }

    /**
     * Of one seed on this machine.
     *
     * <p><b>Thread:</b> immutable.
     */
    record Windows(Schedule schedule, int nodes, Equipment equipment) implements Trouble.Plan {
        static Windows of(RunOptions options) {
            var equipment = Equipment.ofThisMachine();
            var schedule = Schedule.of(
                    options.seed(),
                    options.time().minus(HALF_A_WINDOW),
                    options.nodes(),
                    FaultKind.parse(options.faults()),
                    equipment);
            return new Windows(schedule, options.nodes(), equipment);
        }

        @Override
        public String text() {
            return schedule.text();
        }

        @Override
        public ChaosSpec cluster(Path directory) {
            return ChaosSpec.of(directory, nodes, equipment.neededFor(schedule)).withRoomFor(schedule.length());
        }

        @Override
        public WorkloadPlan workload() {
            return WorkloadPlan.standard().withGrowing(ChaosSpec.GROWN_TOPIC);
        }

        @Override
        public Trouble on(ChaosCluster cluster, Recorder recorder) {
            var log = new FaultLog(recorder, cluster.nodeIds());
            FaultListener listener = event -> {
                Results.say(event.toString());
                log.on(event);
            };
            return new ScheduledTrouble(
                    new Nemesis(cluster, schedule, workload().records().topic(), listener));
        }
    }

    @Override
    public List<String> run() {
        var outcome = nemesis.run();
        var problems = new ArrayList<>(outcome.unexpectedEnds());
        outcome.problems().forEach(problem -> problems.add("the cluster is not whole: " + problem));
        return problems;
    }

    @Override
    public void abort() {
        nemesis.abort();
    }
}
