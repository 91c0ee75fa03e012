package io.cordwood.chaos;

import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.chaos.faults.ChaosSpec;
import io.cordwood.chaos.faults.Equipment;
import io.cordwood.chaos.group.GroupPlan;
import io.cordwood.chaos.group.MemberSchedule;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.net.Direction;
import io.cordwood.chaos.net.LinkFault;
import io.cordwood.chaos.planted.FaultProfile;
import io.cordwood.chaos.planted.PlantedAgent;
import io.cordwood.chaos.planted.PlantedBug;
import io.cordwood.chaos.planted.PlantedFault;
import io.cordwood.chaos.workload.TopicPartitions;
import io.cordwood.chaos.workload.WorkloadPlan;
import io.cordwood.client.CordwoodException;
import io.cordwood.it.LoopDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The faults that make one planted bug show, again and again: some calm, then each fault half its time
 * behind the one before it, then all of them end together.
 *
 * <p><b>Thread:</b> as of {@link Trouble}.
 */
final class PlantedTrouble implements Trouble {
    private static final Duration READY = Duration.ofSeconds(20);

    private final ChaosCluster cluster;
    private final Rounds rounds;
    private final Recorder recorder;
    private final Runnable healed;
    private final SplittableRandom random;
    private final CountDownLatch aborted = new CountDownLatch(1);
    /** What ends the faults of the round, the newest first. */
    private final Deque<Runnable> ends = new ArrayDeque<>();

    private PlantedTrouble(ChaosCluster cluster, Rounds rounds, Recorder recorder, Runnable healed) {
        this.cluster = cluster;
        this.rounds = rounds;
        this.recorder = recorder;
        this.healed = healed;
        this.random = new SplittableRandom(rounds.options().seed());
    }

    /**
     * Rounds of one profile.
     *
     * <p><b>Thread:</b> immutable.
     */
    record Rounds(PlantedBug bug, RunOptions options, Equipment equipment) implements Trouble.Plan {
        /** So that a disk of a node's own takes batches until it is nearly full. */
        private static final List<String> SMALL_DISKS = List.of("--disk.floor-bytes=32MiB", "--disk.floor-percent=0");

        private FaultProfile profile() {
            return bug.profile();
        }

        @Override
        public String text() {
            var faults = profile().faults().stream().map(PlantedFault::label).collect(Collectors.joining(" and "));
            var what = options.control() ? "faults of the bug " + bug + " without it" : "planted bug " + bug;
            var rounds = profile().calm().toSeconds() + " s calm, then " + faults + ", over after "
                    + profile().lasts().toSeconds() + " s";
            return what + ", seed " + options.seed() + ", " + options.nodes() + " nodes, for "
                    + options.time().toSeconds() + " s: " + (faults.isEmpty() ? "groups" : rounds) + "\n"
                    + groups().values().stream().map(MemberSchedule::text).collect(Collectors.joining());
        }

        /**
         * A power loss takes disks; nothing else of it takes anything.
         *
         * @throws IllegalArgumentException where this machine has none
         */
        static Rounds of(PlantedBug bug, RunOptions options) {
            if (!bug.profile().faults().contains(PlantedFault.POWER_LOSS_OF_ALL)) {
                return new Rounds(bug, options, Equipment.NONE);
            }
            var machine = Equipment.ofThisMachine();
            if (!machine.disks()) {
                throw new IllegalArgumentException(
                        "--planted " + bug.optionName() + " needs disks: " + machine.lacks());
            }
            return new Rounds(bug, options, new Equipment(true, Optional.empty(), List.of()));
        }

        /** With the settings of the profile, which are not those of other runs. */
        @Override
        public ChaosSpec cluster(Path directory) throws IOException {
            var standard = ChaosSpec.of(directory, options.nodes(), equipment);
            return new ChaosSpec(
                    directory,
                    options.nodes(),
                    equipment,
                    Stream.concat(SMALL_DISKS.stream(), profile().settings().stream())
                            .toList(),
                    Stream.concat(standard.jvmOptions().stream(), plantingOptions(directory).stream())
                            .toList(),
                    standard.diskMebibytes());
        }

        private List<String> plantingOptions(Path directory) throws IOException {
            return options.control() || bug.isOfMembers() ? List.of() : PlantedAgent.jvmOptions(bug, directory);
        }

        @Override
        public List<String> memberOptions(Path directory) throws IOException {
            return options.control() || !bug.isOfMembers() ? List.of() : PlantedAgent.jvmOptions(bug, directory);
        }

        @Override
        public WorkloadPlan workload() {
            var wanted = profile().workload();
            var standard = WorkloadPlan.standard();
            return new WorkloadPlan(
                    new TopicPartitions(standard.records().topic(), wanted.partitions()),
                    standard.registers(),
                    List.of(),
                    wanted.producers(),
                    0,
                    wanted.recordsPerSecond(),
                    wanted.recordsPerBatch() == 1,
                    wanted.valueBytes(),
                    1,
                    wanted.readers());
        }

        @Override
        public Map<GroupPlan, MemberSchedule> groups() {
            return profile().groups()
                    ? MemberSchedule.standard(
                            options.seed(), options.time(), workload().topicNames())
                    : Map.of();
        }

        @Override
        public Trouble on(ChaosCluster cluster, Recorder recorder, Runnable healed) {
            return new PlantedTrouble(cluster, this, recorder, healed);
        }
    }

    @Override
    public Outcome run() {
        var profile = rounds.profile();
        long end = System.nanoTime() + rounds.options().time().toNanos();
        try {
            while (System.nanoTime() < end && hold(profile.calm())) {
                round(profile);
            }
        } finally {
            endAll();
            cluster.network().heal();
            cluster.nodeIds().forEach(cluster::begin);
        }
        healed.run();
        var problems = cluster.nodeIds().stream()
                .filter(node -> !cluster.awaitReady(node, READY))
                .map(node -> "node " + node + " is not ready " + READY.toSeconds() + " s after the faults")
                .toList();
        return new Outcome(problems, List.of());
    }

    private void round(FaultProfile profile) {
        try {
            boolean goesOn = true;
            for (int i = 0; i < profile.faults().size() && goesOn; i++) {
                begin(profile.faults().get(i));
                goesOn = hold(i < profile.faults().size() - 1 ? profile.lasts().dividedBy(2) : rest(profile, i));
            }
        } finally {
            endAll();
        }
    }

    private static Duration rest(FaultProfile profile, int before) {
        var rest = profile.lasts().minus(profile.lasts().dividedBy(2).multipliedBy(before));
        return rest.isNegative() ? Duration.ZERO : rest;
    }

    private boolean hold(Duration time) {
        try {
            return !aborted.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void endAll() {
        while (!ends.isEmpty()) {
            ends.pop().run();
        }
    }

    private void begin(PlantedFault fault) {
        switch (fault) {
            case POWER_LOSS_OF_ALL -> losePower();
            case KILL_ALL -> killAll();
            case CUT_ANSWERS -> cut(fault.label(), cluster.nodeIds(), toClients());
            case ISOLATE_LEADER -> {
                int leader = busiestLeader();
                cut(fault.label() + ", node " + leader, List.of(leader), around(leader));
            }
        }
    }

    private void losePower() {
        var how = random.nextBoolean() ? LoopDisk.PowerLoss.JOURNAL_LOST : LoopDisk.PowerLoss.JOURNAL_WRITTEN;
        cluster.losePower(cluster.nodeIds(), how);
        long operation = begun(HarmKind.POWER_LOSS, cluster.nodeIds(), how.toString());
        // They would end by themselves in a while: nothing that they do until then is on a disk.
        cluster.kill(cluster.nodeIds());
        ends.push(() -> {
            cluster.nodeIds().forEach(cluster::restorePower);
            startAll();
            over(operation, HarmKind.POWER_LOSS, cluster.nodeIds(), how.toString());
        });
    }

    private void killAll() {
        cluster.kill(cluster.nodeIds());
        long operation = begun(HarmKind.KILL, cluster.nodeIds(), "SIGKILL");
        ends.push(() -> {
            startAll();
            over(operation, HarmKind.KILL, cluster.nodeIds(), "SIGKILL");
        });
    }

    private void startAll() {
        cluster.nodeIds().forEach(cluster::begin);
        cluster.nodeIds().forEach(node -> {
            // One that is not ready is found at the end.
            var unused = cluster.awaitReady(node, READY);
        });
    }

    private void cut(String what, List<Integer> nodes, List<Direction> directions) {
        var cut = new LinkFault.Cut();
        directions.forEach(direction -> cluster.network().begin(direction, cut));
        long operation = begun(HarmKind.CUT, nodes, what);
        ends.push(() -> {
            directions.forEach(direction -> cluster.network().end(direction, cut));
            over(operation, HarmKind.CUT, nodes, what);
        });
    }

    private List<Direction> toClients() {
        return cluster.nodeIds().stream()
                .map(node -> new Direction(node, Direction.CLIENTS))
                .toList();
    }

    private List<Direction> around(int node) {
        var around = new ArrayList<Direction>();
        for (int other : cluster.nodeIds()) {
            if (other != node) {
                around.add(new Direction(node, other));
                around.add(new Direction(other, node));
            }
        }
        return around;
    }

    /** The node that leads most partitions of the records; where nobody says so any. */
    private int busiestLeader() {
        Map<Integer, Integer> led = new TreeMap<>();
        try {
            var topic = rounds.workload().records().topic();
            cluster.admin()
                    .partitions(topic)
                    .forEach(partition -> partition.leader().ifPresent(leader -> led.merge(leader, 1, Integer::sum)));
        } catch (CordwoodException e) {
            // Nobody answers now.
        }
        return led.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(1 + random.nextInt(cluster.nodeIds().size()));
    }

    private long begun(HarmKind kind, List<Integer> nodes, String what) {
        Results.say("BEGIN " + what);
        return recorder.invoke(FaultLog.PROCESS, new Operation.Fault(kind, nodes, what));
    }

    private void over(long operation, HarmKind kind, List<Integer> nodes, String what) {
        Results.say("END " + what);
        recorder.ok(FaultLog.PROCESS, operation, new Operation.Fault(kind, nodes, what));
    }

    @Override
    public void abort() {
        aborted.countDown();
    }
}
