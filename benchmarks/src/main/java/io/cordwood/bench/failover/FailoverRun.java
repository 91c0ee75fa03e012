package io.cordwood.bench.failover;

import io.cordwood.bench.SteadyLoad;
import io.cordwood.bench.failover.GapSample.End;
import io.cordwood.bench.process.CordwoodNodes;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.TopicDescription;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Three nodes under a steady load, of which one after the other is killed and started again, and then stopped and started again.
 *
 * <p>Invariant: a node ends only while all nodes are up and each leads about as many partitions as the others. No record may fail.
 *
 * <p><b>Thread:</b> one; {@link #end} is called by a shutdown hook.
 */
final class FailoverRun {
    static final int NODES = 3;

    static final String TOPIC = "failover";

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration WARM_UP = Duration.ofSeconds(30);
    private static final long POLL_MS = 50;
    /** Behind the first acknowledgement of each partition: what may come of it. */
    private static final long AFTERMATH_MS = 2_000;

    /**
     * How a run goes.
     *
     * @param settle before each end of a node
     */
    record Plan(SteadyLoad.Stream stream, int kills, int stops, Duration settle) {
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
        gaps = new AckGaps(plan.stream().partitions(), System.nanoTime());
        nodes = CordwoodNodes.prepare(
                new CordwoodNodes.Setup(
                        run.jars(),
                        run.work(),
                        List.of("-Xmx512m"),
                        List.of("--node.max-partitions="
                                + Math.max(100, plan.stream().partitions()))),
                NODES);
    }

    List<GapSample> samples() {
        return List.copyOf(samples);
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
            client.admin().createTopic(TOPIC, plan.stream().partitions(), NODES, Map.of());
            awaitBalanced(client);
            // Each record is to be on its way when it is due.
            var producer = client.producer().linger(Duration.ZERO).open();
            try (var load = SteadyLoad.start(producer, plan.stream(), this::acknowledged)) {
                run.say("warm up for " + WARM_UP.toSeconds() + " s");
                TimeUnit.NANOSECONDS.sleep(WARM_UP.toNanos());
                for (int number = 1; number <= plan.kills(); number++) {
                    measure(End.KILL, number, client);
                }
                for (int number = 1; number <= plan.stops(); number++) {
                    measure(End.STOP, number, client);
                }
                load.finish();
            }
        }
        nodes.servers().stop();
    }

    private void acknowledged(int partition, long intendedNanos, long sentNanos, long acknowledgedNanos) {
        gaps.acknowledged(partition, acknowledgedNanos);
    }

    private void measure(End end, int number, CordwoodClient client) throws IOException, InterruptedException {
        awaitBalanced(client);
        TimeUnit.NANOSECONDS.sleep(plan.settle().toNanos());
        int node = (number - 1) % NODES + 1;
        var led = ledBy(node, client);
        gaps.begin();
        long start = System.nanoTime();
        switch (end) {
            case KILL -> nodes.servers().kill(node);
            case STOP -> nodes.servers().stop(node);
        }
        long ended = System.nanoTime();
        await("acknowledgements of all partitions", () -> gaps.allSince(ended));
        TimeUnit.MILLISECONDS.sleep(AFTERMATH_MS);
        long now = System.nanoTime();
        double longest = 0;
        for (int partition = 0; partition < plan.stream().partitions(); partition++) {
            double seconds = gaps.longest(partition, now);
            longest = Math.max(longest, seconds);
            samples.add(new GapSample(end, number, node, partition, led.contains(partition), seconds));
        }
        run.say(String.format(
                "%s %d: node %d, which led %d partitions, was gone after %.1f s; longest without an acknowledgement %.2f s",
                end, number, node, led.size(), (ended - start) / 1e9, longest));
        nodes.servers().start(node);
    }

    private static Set<Integer> ledBy(int node, CordwoodClient client) {
        var led = new HashSet<Integer>();
        client.admin().topic(TOPIC).partitions().stream()
                .filter(partition -> partition.leader().orElse(0) == node)
                .forEach(partition -> led.add(partition.partition()));
        return led;
    }

    /** Where the metadata prefers that each partition is led, it is. */
    private void awaitBalanced(CordwoodClient client) throws IOException, InterruptedException {
        int least = plan.stream().partitions() / NODES;
        await("leaders that are balanced", () -> {
            try {
                var topic = client.admin().topic(TOPIC);
                return leadersOf(topic) == plan.stream().partitions()
                        && List.of(1, 2, 3).stream()
                                .allMatch(node -> ledBy(node, client).size() >= least);
            } catch (CordwoodException e) {
                return false; // the deadline tells
            }
        });
    }

    private static long leadersOf(TopicDescription topic) {
        return topic.partitions().stream()
                .filter(partition -> partition.leader().isPresent())
                .count();
    }

    private static void await(String what, BooleanSupplier condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("no " + what + " within " + PATIENCE.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }

    /** Ends what runs. Any thread. */
    void end() {
        nodes.servers().close();
    }
}
