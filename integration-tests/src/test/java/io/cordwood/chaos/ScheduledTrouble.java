package io.cordwood.chaos;

import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.chaos.faults.ChaosSpec;
import io.cordwood.chaos.faults.Equipment;
import io.cordwood.chaos.faults.FaultEvent;
import io.cordwood.chaos.faults.FaultKind;
import io.cordwood.chaos.faults.FaultListener;
import io.cordwood.chaos.faults.Nemesis;
import io.cordwood.chaos.faults.Schedule;
import io.cordwood.chaos.group.GroupPlan;
import io.cordwood.chaos.group.MemberSchedule;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.workload.WorkloadPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Faults by a schedule that a seed decides.
 *
 * <p><b>Thread:</b> as of {@link Trouble}.
 */
final class ScheduledTrouble implements Trouble {
    /** Half a window: the last one ends behind the time it is asked for. */
    private static final Duration HALF_A_WINDOW = Duration.ofSeconds(15);

    private final ChaosCluster cluster;
    private final Nemesis nemesis;
    private final Runnable healed;

    private ScheduledTrouble(ChaosCluster cluster, Nemesis nemesis, Runnable healed) {
        this.cluster = cluster;
        this.nemesis = nemesis;
        this.healed = healed;
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

        /**
         * @throws IllegalArgumentException where nothing can befall anybody, or disks are missing that have to be
         *     there
         */
        void requirePossible(boolean disksRequired) {
            if (schedule.possible(equipment).isEmpty()) {
                throw new IllegalArgumentException("--faults: none of these can befall " + nodes
                        + " nodes on this machine: "
                        + (equipment.lacks().isEmpty() ? "it takes more nodes" : equipment.lacks()));
            }
            if (disksRequired
                    && !equipment.disks()
                    && schedule.wanted().stream().anyMatch(FaultKind::needsDisk)) {
                throw new IllegalArgumentException("DISKS_REQUIRED is set: " + equipment.lacks());
            }
        }

        @Override
        public String text() {
            return schedule.text()
                    + groups().values().stream().map(MemberSchedule::text).collect(Collectors.joining());
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
        public Map<GroupPlan, MemberSchedule> groups() {
            return MemberSchedule.standard(
                    schedule.seed(), schedule.length(), workload().topicNames());
        }

        @Override
        public Trouble on(ChaosCluster cluster, Recorder recorder, Runnable healed) {
            var log = new FaultLog(recorder, cluster.nodeIds());
            FaultListener listener = event -> {
                Results.say(event.toString());
                log.on(event);
            };
            var nemesis = new Nemesis(cluster, schedule, workload().records().topic(), listener);
            return new ScheduledTrouble(cluster, nemesis, healed);
        }
    }

    @Override
    public Outcome run() {
        var outcome = nemesis.run(healed);
        var report = new ArrayList<>(outcome.counts().lines());
        report.add(String.format(
                Locale.ROOT,
                "%-32s%,16d",
                "openers nobody knew, reset",
                cluster.network().counts().unknown()));
        return new Outcome(problems(outcome), report);
    }

    /** What a run is not good with, whatever its history says. */
    static List<String> problems(Nemesis.Outcome outcome) {
        var problems = new ArrayList<>(outcome.unexpectedEnds());
        outcome.findings().forEach(found -> problems.add(sentence(found)));
        outcome.problems().forEach(problem -> problems.add("the cluster is not whole: " + problem));
        if (outcome.counts().isIdle()) {
            problems.add("faults were scheduled, and none began");
        }
        return problems;
    }

    private static String sentence(FaultEvent found) {
        return (found.phase() == FaultEvent.Phase.FAILED ? "a fault could not be done: " : "a promise was broken: ")
                + found;
    }

    @Override
    public void abort() {
        nemesis.abort();
    }
}
