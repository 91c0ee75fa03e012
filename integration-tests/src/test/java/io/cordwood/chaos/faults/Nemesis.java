package io.cordwood.chaos.faults;

import io.cordwood.client.CordwoodException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
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
    /** So that what the window before has left undone is no reason to skip a fault of this one. */
    private static final Duration WHOLE_BEFORE_MAX = Duration.ofSeconds(10);

    /**
     * What a run came to.
     *
     * @param problems why the cluster is not whole at the end; empty where it is
     * @param unexpectedEnds of servers that nobody had stopped
     * @param findings faults that could not be done, and what broke a promise while they were
     * @param counts of the faults of each kind
     */
    public record Outcome(
            List<String> problems, List<String> unexpectedEnds, List<FaultEvent> findings, FaultCounts counts) {
        public Outcome {
            problems = List.copyOf(problems);
            unexpectedEnds = List.copyOf(unexpectedEnds);
            findings = List.copyOf(findings);
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
    /** Guards the listener, which hears one at a time, and the findings. */
    private final Object telling = new Object();

    private final List<FaultEvent> findings = new ArrayList<>();
    private final FaultCounts counts;

    /**
     * @param busyTopic with three replicas of each partition: whose leaders and replicas are looked for
     * @param listener hears of each fault
     */
    public Nemesis(ChaosCluster cluster, Schedule schedule, String busyTopic, FaultListener listener) {
        this.cluster = cluster;
        this.schedule = schedule;
        this.listener = listener;
        counts = new FaultCounts(schedule);
        var claims = new Claims();
        wholeness = new Wholeness(cluster);
        processes = new ProcessFaults(cluster, claims, busyTopic);
        network = new NetworkFaults(cluster.network(), cluster.nodeIds());
        disks = new DiskFaults(cluster, claims, wholeness, busyTopic);
        admin = new AdminFaults(cluster, busyTopic);
    }

    /**
     * Runs the schedule from its begin to its end, heals, and waits until the cluster is whole.
     *
     * @param healed is run as soon as all faults have ended, before anything is waited for
     */
    public Outcome run(Runnable healed) {
        var number = new AtomicInteger();
        var timer = new ScheduledThreadPoolExecutor(
                THREADS, task -> new Thread(task, "nemesis-" + number.incrementAndGet()));
        try {
            for (var fault : schedule.faults()) {
                var unused = timer.schedule(() -> perform(fault), fault.startMillis(), TimeUnit.MILLISECONDS);
            }
            pass(schedule.length());
        } finally {
            finish(timer);
        }
        return heal(healed);
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

    /** Nobody is interrupted: in the midst of a mount or of a line of the history nothing would be undone. */
    private void finish(ScheduledThreadPoolExecutor timer) {
        if (aborted.getCount() == 0) {
            dropWaiting(timer);
        }
        timer.shutdown();
        try {
            if (!timer.awaitTermination(FINISH_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
                abort();
                dropWaiting(timer);
                var unused = timer.awaitTermination(ABORT_MAX.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            abort();
            dropWaiting(timer);
            Thread.currentThread().interrupt();
        }
    }

    private static void dropWaiting(ScheduledThreadPoolExecutor timer) {
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** What can go wrong with a fault is a finding of its own, and no reason to end the others. */
    void perform(Fault fault) {
        var stage = stage(fault.kind());
        try {
            var refusal = refusal(fault.kind(), stage);
            if (refusal.isPresent()) {
                stage.skipped(refusal.get());
            } else {
                injection(fault.kind()).run(fault, stage);
            }
        } catch (CordwoodException e) {
            if (Refusals.isOfTheMoment(e)) {
                stage.refused(e);
            } else {
                stage.failed(e);
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
            counts.add(event);
            if (event.isProblem()) {
                findings.add(event);
            }
            listener.on(event);
        }
    }

    private Optional<String> refusal(FaultKind kind, Stage stage) {
        if (!Compatibility.asksForWholeness(kind)
                || stage.await(WHOLE_BEFORE_MAX, () -> wholeness.problems().isEmpty())) {
            return Optional.empty();
        }
        return stage.isAborted()
                ? Optional.of("the faults are being ended")
                : Compatibility.refusal(kind, wholeness.problems());
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
     *
     * @param healed is run when nothing is wrong any more but for what the cluster has to repair by itself, or
     *     is still asked to
     */
    public Outcome heal(Runnable healed) {
        var unexpected = cluster.unexpectedEnds();
        var still = new Stage(FaultKind.REPLACE_NODE, event -> {}, new CountDownLatch(1));
        cluster.network().heal();
        cluster.nodeIds().forEach(cluster::resume);
        disks.heal();
        cluster.nodeIds().stream()
                .filter(node -> !disks.emptied().contains(node))
                .forEach(cluster::begin);
        disks.replaceEmptied(still);
        healed.run();
        admin.heal(still);
        var problems = wholeness.await(WHOLE_MAX);
        synchronized (telling) {
            return new Outcome(problems, unexpected, findings, counts);
        }
    }
}
