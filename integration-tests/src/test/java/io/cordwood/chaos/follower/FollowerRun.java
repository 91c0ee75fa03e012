package io.cordwood.chaos.follower;

import io.cordwood.bench.SteadyLoad;
import io.cordwood.bench.process.CordwoodNodes;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.chaos.faults.ChaosSpec;
import io.cordwood.chaos.faults.Equipment;
import io.cordwood.chaos.follower.CostSample.Figures;
import io.cordwood.client.CordwoodClient;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Three nodes under a steady load, of which now one, now another ails for a while.
 *
 * <p>Invariants: when a fault begins all nodes are up, all replicas are in sync, and whom it befalls leads
 * nothing. No record may fail, and no node may end by itself.
 *
 * <p><b>Thread:</b> one; {@link #end} is called by a shutdown hook.
 */
final class FollowerRun {
    static final int NODES = 3;
    static final String TOPIC = "follower";

    private static final Duration START = Duration.ofMinutes(2);
    /** What a partition gets in this part of a second counts as no lag. */
    private static final int LAG_SECOND_PARTS = 2;

    private final FollowerPlan plan;
    private final RunOptions run;
    private final List<CostSample> samples = new CopyOnWriteArrayList<>();
    private final Phases phases = new Phases(System.nanoTime());
    private volatile @Nullable ChaosCluster started;

    FollowerRun(FollowerPlan plan, RunOptions run) {
        this.plan = plan;
        this.run = run;
    }

    List<CostSample> samples() {
        return List.copyOf(samples);
    }

    void run() throws IOException, InterruptedException {
        var spec = new ChaosSpec(
                run.work().resolve("nodes"), NODES, Equipment.NONE, List.of(), CordwoodNodes.jvmFlags(), 0);
        try (var cluster = ChaosCluster.prepare(spec)) {
            started = cluster;
            try {
                measure(cluster);
            } catch (IOException | RuntimeException e) {
                keepLogs(cluster);
                throw e;
            }
        }
    }

    private void measure(ChaosCluster cluster) throws IOException, InterruptedException {
        cluster.start(START);
        cluster.admin().createTopic(TOPIC, plan.stream().partitions().size(), NODES, Map.of());
        try (var client = CordwoodClient.connect(cluster.clientAddresses().toArray(String[]::new));
                var load = SteadyLoad.start(client.producer().open(), plan.stream(), this::acknowledged)) {
            run.say("warm up for " + plan.times().warmUp().toSeconds() + " s");
            pass(plan.times().warmUp());
            for (int round = 1; round <= plan.rounds(); round++) {
                for (var ailment : plan.ailments()) {
                    var sample = measure(cluster, load, ailment, round);
                    samples.add(sample);
                    run.say(sentence(sample));
                }
            }
            load.finish();
        }
        var ends = cluster.unexpectedEnds();
        if (!ends.isEmpty()) {
            throw new IOException(String.join("; ", ends));
        }
    }

    private void acknowledged(int partition, long intendedNanos, long sentNanos, long acknowledgedNanos) {
        phases.acknowledged(intendedNanos, sentNanos, acknowledgedNanos);
    }

    private CostSample measure(ChaosCluster cluster, SteadyLoad load, Ailment ailment, int round)
            throws IOException, InterruptedException {
        var roles = new Roles(cluster, TOPIC);
        var ailing = new Ailing(cluster, plan.slowness());
        var caughtUp = new CaughtUp(
                cluster,
                TOPIC,
                plan.stream().recordsPerSecond() / plan.stream().partitions().size() / LAG_SECOND_PARTS);
        caughtUp.await();
        int node = roles.follower(samples.size());
        pass(plan.times().settle());
        var epochs = roles.leaderEpochs();
        var before = phases.begin(System.nanoTime());
        pass(plan.times().before());
        // What it takes to begin a fault belongs to it, and what it takes to end one does not.
        var during = phases.begin(System.nanoTime());
        ailing.begin(ailment, node);
        pass(plan.times().fault());
        long healedNanos = System.nanoTime();
        var behind = phases.begin(healedNanos);
        ailing.end(ailment, node);
        caughtUp.await();
        long wholeNanos = System.nanoTime();
        phases.begin(wholeNanos);
        load.settle(wholeNanos);
        var epochsNow = roles.leaderEpochs();
        int newLeaders = (int) epochs.entrySet().stream()
                .filter(epoch -> !epoch.getValue().equals(epochsNow.get(epoch.getKey())))
                .count();
        var recovery = new CostSample.Recovery(
                Figures.of(behind), (wholeNanos - healedNanos) / (double) TimeUnit.SECONDS.toNanos(1), newLeaders);
        return new CostSample(ailment, round, node, Figures.of(before), Figures.of(during), recovery);
    }

    private static String sentence(CostSample sample) {
        return String.format(
                Locale.ROOT,
                "node %d %s, round %d: p99 %.1f ms before, %.1f ms over the fault, %.1f ms in the %.1f s until all was whole;"
                        + " %d elections",
                sample.node(),
                sample.ailment(),
                sample.round(),
                sample.before().p99Ms(),
                sample.during().p99Ms(),
                sample.recovery().figures().p99Ms(),
                sample.recovery().seconds(),
                sample.recovery().newLeaders());
    }

    private static void pass(Duration time) throws InterruptedException {
        var unused = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void keepLogs(ChaosCluster cluster) throws IOException {
        var logs = Files.createDirectories(run.work().resolve("logs"));
        for (int node : cluster.nodeIds()) {
            Files.writeString(logs.resolve("server-" + node + ".log"), cluster.logOf(node));
        }
        run.keepLogs(run.work(), TOPIC);
    }

    /** Ends what runs. Any thread. */
    void end() {
        var cluster = started;
        if (cluster != null) {
            cluster.close();
        }
    }
}
