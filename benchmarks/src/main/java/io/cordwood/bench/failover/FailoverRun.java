package io.cordwood.bench.failover;

import io.cordwood.bench.SteadyLoad;
import io.cordwood.bench.failover.GapSample.Event;
import io.cordwood.bench.process.CordwoodNodes;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Three nodes under a steady load, of which one is killed and started again, and then stopped and started again:
 * always the same one, or one after the other.
 *
 * <p>Invariants: a node ends only while all nodes are up and each leads about as many partitions as the
 * others. No record may fail. Each moment after the warm-up belongs to the end of a node or to its return:
 * no time without acknowledgements goes uncounted.
 *
 * <p><b>Thread:</b> one; {@link #end} is called by a shutdown hook.
 */
final class FailoverRun {
    static final int NODES = 3;

    static final String TOPIC = "failover";

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    /** By then most of the code is compiled. */
    private static final Duration WARM_UP = Duration.ofMinutes(2);

    private static final Duration POLL = Duration.ofMillis(50);
    /** Behind the first acknowledgement of each partition: what may come of it. */
    private static final Duration AFTERMATH = Duration.ofSeconds(2);

    /**
     * How a run goes.
     *
     * @param inTurn whether one node after the other ends
     * @param settle once a node has its leaderships back; still counts as its return
     */
    record Plan(SteadyLoad.Stream stream, int kills, int stops, boolean inTurn, Duration settle) {
        Plan {
            if (kills < 0 || stops < 0 || settle.isNegative()) {
                throw new IllegalArgumentException(kills + " kills, " + stops + " stops, settle " + settle);
            }
        }
    }

    private final Plan plan;
    private final RunOptions run;
    private final CordwoodNodes nodes;
    private final AckGaps gaps;
    private final List<GapSample> samples = new CopyOnWriteArrayList<>();

    FailoverRun(Plan plan, RunOptions run) throws IOException {
        this.plan = plan;
        this.run = run;
        gaps = new AckGaps(plan.stream().partitions().size(), System.nanoTime());
        nodes = CordwoodNodes.prepare(
                new CordwoodNodes.Setup(
                        run.jars(),
                        run.work(),
                        List.of("-Xmx512m"),
                        List.of("--node.max-partitions="
                                + Math.max(100, plan.stream().partitions().size()))),
                NODES);
    }

    /** Of what is measured so far. Any thread. */
    FailoverTable table() {
        return new FailoverTable(plan.stream(), samples);
    }

    void run() throws IOException, InterruptedException {
        try {
            measure();
        } catch (IOException | CordwoodException e) {
            run.keepLogs(run.work(), "failover");
            throw e;
        }
    }

    private void measure() throws IOException, InterruptedException {
        nodes.servers().start();
        try (var client = CordwoodClient.connect(nodes.bootstrap().split(","))) {
            client.admin().createTopic(TOPIC, plan.stream().partitions().size(), NODES, Map.of());
            awaitBalanced(client, now -> true);
            // Each record is to be on its way when it is due.
            var producer = client.producer().linger(Duration.ZERO).open();
            try (var load = SteadyLoad.start(producer, plan.stream(), this::acknowledged)) {
                run.say("warm up for " + WARM_UP.toSeconds() + " s");
                pass(WARM_UP);
                gaps.begin();
                for (int number = 1; number <= plan.kills(); number++) {
                    measure(Event.KILL, number, client);
                }
                for (int number = 1; number <= plan.stops(); number++) {
                    measure(Event.STOP, number, client);
                }
                load.finish();
            }
        }
        nodes.servers().stop();
    }

    private void acknowledged(int partition, long intendedNanos, long sentNanos, long acknowledgedNanos) {
        gaps.acknowledged(partition, acknowledgedNanos);
    }

    private void measure(Event end, int number, CordwoodClient client) throws IOException, InterruptedException {
        awaitBalanced(client, now -> true);
        int node = plan.inTurn() ? (number - 1) % NODES + 1 : 1;
        var before = leaderships(client);
        long start = System.nanoTime();
        change(end, node);
        long ended = System.nanoTime();
        await("acknowledgements of all partitions", () -> gaps.allSince(ended));
        pass(AFTERMATH);
        var led = before.ledBy(node);
        double longest = sample(end, number, node, led);
        run.say(String.format(
                "%s %d: node %d, which led %d partitions, was gone after %.1f s; longest without an acknowledgement %.2f s",
                end, number, node, led.size(), (ended - start) / 1e9, longest));
        measureReturn(end == Event.KILL ? number : plan.kills() + number, node, before, client);
    }

    private void measureReturn(int number, int node, Leaderships before, CordwoodClient client)
            throws IOException, InterruptedException {
        change(Event.RETURN, node);
        var led = before.ledBy(node);
        // By the epochs, too: who answers may not know yet that the node had ended.
        awaitBalanced(client, now -> now.changedSince(before).containsAll(led));
        long balanced = System.nanoTime();
        await("acknowledgements of all partitions", () -> gaps.allSince(balanced));
        pass(plan.settle());
        var changed = leaderships(client).changedSince(before);
        double longest = sample(Event.RETURN, number, node, changed);
        run.say(String.format(
                "%s %d: node %d, %d partitions handed over; longest without an acknowledgement %.2f s",
                Event.RETURN, number, node, changed.size(), longest));
    }

    /** Returns when the node is gone, or ready. */
    private void change(Event event, int node) throws IOException, InterruptedException {
        switch (event) {
            case KILL -> nodes.servers().kill(node);
            case STOP -> nodes.servers().stop(node);
            case RETURN -> nodes.servers().start(node);
        }
    }

    /** All that was since the sample before. Returns the longest time of all partitions, in seconds. */
    private double sample(Event event, int number, int node, Set<Integer> led) {
        long now = System.nanoTime();
        double longest = 0;
        for (int partition = 0; partition < plan.stream().partitions().size(); partition++) {
            double seconds = gaps.longest(partition, now);
            longest = Math.max(longest, seconds);
            samples.add(new GapSample(event, number, node, partition, led.contains(partition), seconds));
        }
        gaps.begin();
        return longest;
    }

    private static Leaderships leaderships(CordwoodClient client) {
        return Leaderships.of(client.admin().topic(TOPIC));
    }

    private static void awaitBalanced(CordwoodClient client, Predicate<Leaderships> condition)
            throws IOException, InterruptedException {
        await("leaders that are balanced", () -> {
            try {
                var now = leaderships(client);
                return now.areBalanced(NODES) && condition.test(now);
            } catch (CordwoodException e) {
                return false; // the deadline tells
            }
        });
    }

    private static void await(String what, BooleanSupplier condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("no " + what + " within " + PATIENCE.toSeconds() + " s");
            }
            pass(POLL);
        }
    }

    private static void pass(Duration time) throws InterruptedException {
        var unused = new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Ends what runs. Any thread. */
    void end() {
        nodes.servers().close();
    }
}
