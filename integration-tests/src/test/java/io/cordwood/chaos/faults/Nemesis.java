package io.cordwood.chaos.faults;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Does to a cluster what a schedule says, tells of it, and puts everything right at the end.
 *
 * <p>Invariant: when a run returns all nodes run, the network is clean, disks have power and room and clocks
 * are right, also where a fault failed midway.
 *
 * <p><b>Thread:</b> one runs it, any may end it; threads of its own do the faults.
 */
public final class Nemesis {
    /** Faults at once: those of a window, and those of the one before that have a start to wait for. */
    private static final int THREADS = 8;
    /** For what is left to do after the last window. */
    private static final Duration FINISH_MAX = Duration.ofSeconds(150);

    private static final Duration ABORT_MAX = Duration.ofMinutes(1);
    private static final Duration WHOLE_MAX = Duration.ofMinutes(2);

    /**
     * What a run came to.
     *
     * @param problems why the cluster is not whole at the end; empty where it is
     * @param unexpectedEnds of servers that nobody had stopped
     * @param begun how many faults of each kind began
     */
    public record Outcome(List<String> problems, List<String> unexpectedEnds, Map<FaultKind, Integer> begun) {
        public Outcome {
            problems = List.copyOf(problems);
            unexpectedEnds = List.copyOf(unexpectedEnds);
            begun = Map.copyOf(begun);
        }
    }

    private final ChaosCluster cluster;
    private final Schedule schedule;
    private final FaultListener listener;
    private final Wholeness wholeness;
    private final ProcessFaults processes;
    private final NetworkFaults network;
    private final DiskFaults disks;
    private final AdminFaults admin;
    private final CountDownLatch aborted = new CountDownLatch(1);
    /** Guards the listener, which hears one at a time, and the counts. */
    private final Object telling = new Object();

    private final Map<FaultKind, Integer> begun = new EnumMap<>(FaultKind.class);

    /**
     * @param busyTopic with three replicas of each partition: whose leaders and replicas are looked for
     * @param listener hears of each fault
     */
    public Nemesis(ChaosCluster cluster, Schedule schedule, String busyTopic, FaultListener listener) {
        this.cluster = cluster;
        this.schedule = schedule;
        this.listener = listener;
        var claims = new Claims();
        wholeness = new Wholeness(cluster);
        processes = new ProcessFaults(cluster, claims, busyTopic);
        network = new NetworkFaults(cluster.network(), cluster.nodeIds());
        disks = new DiskFaults(cluster, claims, wholeness, busyTopic);
        admin = new AdminFaults(cluster, busyTopic);
    }

    /** Runs the schedule from its begin to its end, heals, and waits until the cluster is whole. */
    public Outcome run() {
        var number = new AtomicInteger();
        var timer = Executors.newScheduledThreadPool(
                THREADS, task -> new Thread(task, "nemesis-" + number.incrementAndGet()));
        try {
            for (var fault : schedule.faults()) {
                var unused = timer.schedule(() -> perform(fault), fault.startMillis(), TimeUnit.MILLISECONDS);
            }
            pass(schedule.length());
        } finally {
            finish(timer);
        }
        return heal();
    }

    /** Ends the faults now instead of when their time is over. */
    public void abort() {
        aborted.countDown();
    }

    private void pass(Duration time) {
        try {
            var unused = aborted.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void finish(ScheduledExecutorService timer) {
        if (aborted.getCount() == 0) {
            var unused = timer.shutdownNow();
        }
        timer.shutdown();
        try {
            if (!timer.awaitTermination(FINISH_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
                abort();
                var unused = timer.awaitTermination(ABORT_MAX.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            var unused = timer.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** What can go wrong with a fault is a finding of its own, and no reason to end the others. */
    void perform(Fault fault) {
        var stage = stage(fault.kind());
        try {
            var refusal = refusal(fault.kind());
            if (refusal.isPresent()) {
                stage.skipped(refusal.get());
            } else {
                injection(fault.kind()).run(fault, stage);
            }
        } catch (RuntimeException | AssertionError e) {
            stage.failed(e);
        } finally {
            stage.close();
        }
    }

    private Stage stage(FaultKind kind) {
        return new Stage(kind, this::tell, aborted);
    }

    private void tell(FaultEvent event) {
        synchronized (telling) {
            if (event.phase() == FaultEvent.Phase.BEGIN) {
                begun.merge(event.kind(), 1, Integer::sum);
            }
            listener.on(event);
        }
    }

    private Optional<String> refusal(FaultKind kind) {
        return Compatibility.asksForWholeness(kind)
                ? Compatibility.refusal(kind, wholeness.problems())
                : Optional.empty();
    }

    private Injection injection(FaultKind kind) {
        return switch (kind) {
            case KILL_NODE -> processes::killNode;
            case KILL_LEADER -> processes::killLeader;
            case KILL_ALL -> processes::killAll;
            case KILL_DURING_START -> processes::killDuringStart;
            case KILL_DURING_CATCH_UP -> processes::killDuringCatchUp;
            case PAUSE_NODE -> processes::pauseNode;
            case PAUSE_LEADER -> processes::pauseLeader;
            case DELAY -> network::delay;
            case STALL -> network::stall;
            case ONE_WAY_CUT -> network::oneWayCut;
            case ISOLATE -> network::isolate;
            case HALF_OPEN -> network::halfOpen;
            case RESET -> network::reset;
            case BANDWIDTH -> network::bandwidth;
            case SPLIT -> network::split;
            case CUT_CLIENTS -> network::cutClients;
            case POWER_LOSS_OF_ONE, POWER_LOSS_OF_TWO, POWER_LOSS_OF_ALL -> disks::powerLoss;
            case DISK_FULL -> disks::fill;
            case FILE_DAMAGE -> disks::damage;
            case CLOCK_STEP -> disks::stepClock;
            case TOPIC_CHANGE -> admin::changeTopics;
            case MORE_PARTITIONS -> admin::addPartitions;
            case LEADERSHIP_TRANSFER -> admin::transferLeaderships;
            case MOVE_REPLICA -> admin::moveReplica;
            case DROP_REPLICA -> admin::dropReplica;
            case REPLACE_NODE -> disks::replace;
        };
    }

    /**
     * Puts right whatever is wrong, also what no fault of this run did, and waits until the cluster is whole, or
     * says what is not.
     */
    public Outcome heal() {
        var unexpected = cluster.unexpectedEnds();
        var still = new Stage(FaultKind.REPLACE_NODE, event -> {}, new CountDownLatch(1));
        cluster.network().heal();
        cluster.nodeIds().forEach(cluster::resume);
        disks.heal();
        cluster.nodeIds().stream()
                .filter(node -> !disks.emptied().contains(node))
                .forEach(cluster::begin);
        disks.replaceEmptied(still);
        admin.heal(still);
        var problems = wholeness.await(WHOLE_MAX);
        synchronized (telling) {
            return new Outcome(problems, unexpected, begun);
        }
    }
}
