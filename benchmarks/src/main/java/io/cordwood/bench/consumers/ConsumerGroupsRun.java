package io.cordwood.bench.consumers;

import io.cordwood.bench.SteadyLoad;
import io.cordwood.bench.process.Clients;
import io.cordwood.bench.process.CordwoodNodes;
import io.cordwood.bench.process.DirectoryTree;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.bench.wire.WireMembers;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.Ordering;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes the figures of one part after the other, each on fresh nodes with topics of its own.
 *
 * <p>Invariant: at most one cluster runs at any time, and nothing after {@link #end}.
 *
 * <p><b>Thread:</b> one; {@link #end} is called by a shutdown hook.
 */
final class ConsumerGroupsRun {
    private static final int NODES = 3;
    private static final int WIRE_CONNECTIONS = 4;
    private static final String TOPIC = "consumers";
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofMinutes(3);

    /** What is measured by itself. */
    enum Part {
        /** Commits, as fast as they go and at a steady rate. */
        COMMITS,
        /** 500 members. */
        SETTLE,
        /** One more among 50. */
        JOIN,
        /** A member's process is killed. */
        KILL,
        /** Records of a key in order, of others beside each other. */
        KEYS
    }

    /**
     * How a run goes.
     *
     * @param seconds of each measurement of a rate
     * @param committers members that commit, each with a partition
     * @param commitsUnderWay of each of them, in the closed loop
     * @param partitions that 500, or 50 and one, members share
     * @param recordsPerSecond to some of these, while one joins
     * @param nodeFlags more of the nodes' JVMs
     */
    record Plan(
            Set<Part> parts,
            int rounds,
            int seconds,
            int committers,
            int commitsUnderWay,
            int partitions,
            int recordsPerSecond,
            List<String> nodeFlags) {
        Plan {
            parts = Set.copyOf(parts);
            nodeFlags = List.copyOf(nodeFlags);
            if (rounds < 1 || seconds < 1 || committers < 1 || commitsUnderWay < 1 || partitions < 50) {
                throw new IllegalArgumentException(rounds + " rounds, " + seconds + " seconds, " + committers
                        + " members with " + commitsUnderWay + " commits under way, " + partitions
                        + " partitions, at least 50");
            }
        }
    }

    private static final int COMMIT_RATE = 2_500;
    private static final int COMMITS_OF_EACH = 20_000;
    private static final int READER_CLIENTS = 5;
    /** All would be too many for records in each that come soon after one another. */
    private static final int WRITTEN_OF_EACH_READER = 2;

    private static final int KILL_PARTITIONS = 10;
    private static final int KEYS = 1_000;

    private final Plan plan;
    private final RunOptions run;
    private final Figures figures;
    private final Clients processes;
    private volatile @Nullable CordwoodNodes running;
    private volatile boolean closed;

    ConsumerGroupsRun(Plan plan, RunOptions run, Figures figures) {
        this.plan = plan;
        this.run = run;
        this.figures = figures;
        processes = new Clients(run.work().resolve(Part.KILL.name()).resolve("logs"));
    }

    void run() throws IOException, InterruptedException {
        for (var part : Part.values()) {
            if (plan.parts().contains(part) && !closed) {
                measure(part);
            }
        }
    }

    private void measure(Part part) throws IOException, InterruptedException {
        var directory = run.work().resolve(part.name());
        var flags = new ArrayList<>(List.of("-Xmx512m"));
        flags.addAll(plan.nodeFlags());
        var settings = List.of("--node.max-partitions=" + Math.max(plan.partitions(), plan.committers()));
        var nodes = CordwoodNodes.prepare(new CordwoodNodes.Setup(run.jars(), directory, flags, settings), NODES);
        running = nodes;
        try {
            run.say(part + ": start of " + NODES + " nodes");
            var unused = nodes.servers().start();
            try (var client = connect(nodes)) {
                measure(part, nodes, client);
            }
            nodes.servers().stop();
        } catch (IOException | CordwoodException e) {
            run.keepLogs(directory, part.name());
            throw e;
        } finally {
            nodes.servers().close();
            running = null;
            DirectoryTree.delete(directory);
        }
    }

    private void measure(Part part, CordwoodNodes nodes, CordwoodClient client)
            throws IOException, InterruptedException {
        switch (part) {
            case COMMITS -> commits(nodes, client);
            case SETTLE -> settle(nodes, client);
            case JOIN -> join(nodes, client);
            case KILL -> kill(nodes, client);
            case KEYS -> keys(client);
        }
    }

    private void commits(CordwoodNodes nodes, CordwoodClient client) throws IOException, InterruptedException {
        run.say("records to commit");
        Filling.create(client, TOPIC, plan.committers(), COMMITS_OF_EACH, 1);
        for (int round = 0; round <= plan.rounds(); round++) {
            try (var wire = wire(nodes, client);
                    var load = CommitLoad.join(
                            wire,
                            client.admin(),
                            "commits-" + round,
                            new CommitLoad.CommitTopic(TOPIC, plan.committers(), COMMITS_OF_EACH))) {
                var time = Duration.ofSeconds(plan.seconds());
                double rate = load.closedLoop(plan.commitsUnderWay(), WARM_UP, time);
                var latencies = load.openLoop(COMMIT_RATE, WARM_UP, time).summary();
                run.say(String.format(
                        "%s: %,.0f commits/s; %s", round == 0 ? "warm-up" : "round " + round, rate, latencies));
                if (round > 0) {
                    figures.add(Measure.COMMITS, rate);
                    figures.add(Measure.COMMIT_P50, latencies.require("p50Ms"));
                    figures.add(Measure.COMMIT_P99, latencies.require("p99Ms"));
                    figures.add(Measure.COMMIT_MAX, latencies.require("maxMs"));
                }
            }
        }
    }

    private void settle(CordwoodNodes nodes, CordwoodClient client) throws IOException, InterruptedException {
        createWide(client);
        for (int round = 1; round <= plan.rounds(); round++) {
            try (var wire = wire(nodes, client);
                    var group = new Settling(wire, client.admin(), "settle-" + round, TOPIC, plan.partitions())) {
                double joined = group.join();
                double left = group.leave();
                run.say(String.format(
                        "round %d: %d members settled in %.2f s; one left: %.2f s",
                        round, plan.partitions(), joined, left));
                figures.add(Measure.SETTLE, joined);
                figures.add(Measure.LEAVE, left);
            }
        }
    }

    private void join(CordwoodNodes nodes, CordwoodClient client) throws IOException, InterruptedException {
        createWide(client);
        var readers = new Newcomer.Readers(TOPIC, plan.partitions(), Measure.READERS);
        try (var newcomer = new Newcomer(() -> connect(nodes), readers)) {
            newcomer.begin(READER_CLIENTS);
            var written = newcomer.someOfEach(WRITTEN_OF_EACH_READER);
            var stream = new SteadyLoad.Stream(TOPIC, written, plan.recordsPerSecond(), 100);
            var producer = client.producer().linger(Duration.ZERO).open();
            try (var load = SteadyLoad.start(producer, stream, newcomer::acknowledged)) {
                Await.pass(WARM_UP.multipliedBy(2));
                for (int round = 1; round <= plan.rounds(); round++) {
                    newcomer.round(figures, stream.interval());
                    run.say("round " + round + ": one more among " + readers.count());
                }
                load.finish();
            }
        }
    }

    private void kill(CordwoodNodes nodes, CordwoodClient client) throws IOException, InterruptedException {
        var unused = client.admin().createTopic(TOPIC, KILL_PARTITIONS, 1, Map.of());
        var killing = new Killing(
                client, processes, new Killing.Place(run.jars(), nodes.bootstrap(), TOPIC, KILL_PARTITIONS));
        for (int round = 1; round <= plan.rounds(); round++) {
            double seconds = killing.secondsToOtherOwners("killed-" + round);
            run.say(String.format("round %d: other owners %.2f s after the kill", round, seconds));
            figures.add(Measure.KILLED, seconds);
        }
    }

    private void createWide(CordwoodClient client) {
        run.say(plan.partitions() + " partitions, one replica each");
        var unused = client.admin().createTopic(TOPIC, plan.partitions(), 1, Map.of());
    }

    private void keys(CordwoodClient client) throws IOException, InterruptedException {
        int most = 2 * 1_600 * (plan.seconds() + (int) WARM_UP.toSeconds());
        Filling.create(client, TOPIC, 1, most, KEYS);
        var reading = new KeyedReading(client, TOPIC);
        double warm = reading.rate("keys-warm-up", Ordering.PER_KEY, WARM_UP);
        run.say(String.format("warm-up: %,.0f records/s", warm));
        var time = Duration.ofSeconds(plan.seconds());
        for (int round = 1; round <= plan.rounds(); round++) {
            double serial = reading.rate("serial-" + round, Ordering.PER_PARTITION, time);
            double keyed = reading.rate("keyed-" + round, Ordering.PER_KEY, time);
            run.say(String.format("round %d: %,.1f and %,.1f records/s", round, serial, keyed));
            figures.add(Measure.SERIAL, serial);
            figures.add(Measure.KEYED, keyed);
            figures.add(Measure.SPEED_UP, keyed / serial);
        }
    }

    private static WireMembers wire(CordwoodNodes nodes, CordwoodClient client) {
        int leader = client.admin().cluster().metadataLeader().orElseThrow();
        return WireMembers.to(nodes.clientAddress(leader), WIRE_CONNECTIONS);
    }

    private static CordwoodClient connect(CordwoodNodes nodes) {
        return CordwoodClient.builder()
                .bootstrap(nodes.bootstrap())
                .requestTimeout(REQUEST_TIMEOUT)
                .build();
    }

    /** Ends what runs, and the run. Any thread. */
    void end() {
        closed = true;
        processes.close();
        var nodes = running;
        if (nodes != null) {
            nodes.servers().close();
        }
    }
}
