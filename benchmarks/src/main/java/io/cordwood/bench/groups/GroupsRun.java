package io.cordwood.bench.groups;

import io.cordwood.bench.process.CordwoodNodes;
import io.cordwood.bench.process.DirectoryTree;
import io.cordwood.bench.process.JvmMemory;
import io.cordwood.bench.process.ProcFiles;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts a fresh cluster for each number of partitions and measures it: idle, then with each node killed in turn, then with all of
 * them killed and started again.
 *
 * <p>Invariant: at most one cluster runs at any time, and none after {@link #end}.
 *
 * <p><b>Thread:</b> one; {@link #end} is called by a shutdown hook.
 */
final class GroupsRun {
    private static final String TOPIC = "groups";
    private static final double MIB = 1 << 20;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double PERCENT = 100;
    private static final Duration CREATE_TIMEOUT = Duration.ofMinutes(5);

    /**
     * How a run goes.
     *
     * @param settle between the last change and the idle measurement, and before each kill
     */
    record Plan(List<Integer> partitions, int nodes, int replicas, Duration settle, Duration idle) {
        Plan {
            partitions = List.copyOf(partitions);
            boolean bad = partitions.stream().anyMatch(count -> count < 0);
            if (bad || nodes < 1 || replicas < 1 || replicas > nodes || settle.isNegative() || idle.toSeconds() < 1) {
                throw new IllegalArgumentException(partitions + " partitions with " + replicas + " replicas on " + nodes
                        + " nodes, " + idle + " idle");
            }
        }

        /** Replicas, and so raft groups, that each node holds. */
        int perNode(int count) {
            return (count * replicas + nodes - 1) / nodes;
        }
    }

    private final Plan plan;
    private final RunOptions run;
    private final ProcFiles proc = ProcFiles.ofThisMachine();
    private final List<GroupCost> costs = new ArrayList<>();
    private volatile @Nullable CordwoodNodes running;
    private volatile boolean closed;

    GroupsRun(Plan plan, RunOptions run) {
        this.plan = plan;
        this.run = run;
    }

    synchronized List<GroupCost> costs() {
        return List.copyOf(costs);
    }

    /** How many of the numbers of partitions could not be measured. */
    int run() throws IOException, InterruptedException {
        int failures = 0;
        for (int partitions : plan.partitions()) {
            var directory = run.work().resolve("p" + partitions);
            try {
                measure(partitions, directory);
            } catch (IOException | CordwoodException e) {
                if (!closed) {
                    failures++;
                    run.say("FAILED: " + partitions + " partitions: " + e.getMessage());
                    run.keepLogs(directory, "p" + partitions);
                }
            } finally {
                running = null;
                DirectoryTree.delete(directory);
            }
        }
        return failures;
    }

    private void measure(int partitions, Path directory) throws IOException, InterruptedException {
        var nodes = prepare(partitions, directory);
        try (var servers = nodes.servers()) {
            running = nodes;
            if (!closed) {
                run.say(partitions + " partitions: start");
                servers.start();
                add(partitions == 0 ? empty(nodes) : measure(nodes, partitions));
            }
        }
    }

    private CordwoodNodes prepare(int partitions, Path directory) throws IOException {
        int most = Math.max(1, plan.perNode(partitions));
        var setup = new CordwoodNodes.Setup(
                run.jars(), directory, List.of("-Xmx512m"), List.of("--node.max-partitions=" + most));
        return CordwoodNodes.prepare(setup, plan.nodes());
    }

    private synchronized void add(GroupCost cost) {
        costs.add(cost);
        run.say(cost.toString());
    }

    private GroupCost empty(CordwoodNodes nodes) throws IOException, InterruptedException {
        return new GroupCost(0, idle(nodes), List.of(), List.of());
    }

    private GroupCost measure(CordwoodNodes nodes, int partitions) throws IOException, InterruptedException {
        double create;
        List<NodeCost> idle;
        var takeovers = new ArrayList<GroupCost.Takeover>();
        try (var client = connect(nodes);
                var writer = new EveryPartition(client, TOPIC, partitions)) {
            long start = System.nanoTime();
            client.admin().createTopic(TOPIC, partitions, plan.replicas(), Map.of());
            run.say(partitions + " partitions: created, " + secondsSince(start) + " s; one record to each");
            writer.publish();
            create = secondsSince(start);
            idle = idle(nodes);
            for (int node = 1; node <= nodes.count() && plan.replicas() > 1; node++) {
                takeovers.add(takeover(nodes, node, client, writer));
                run.say(partitions + " partitions, node " + node + ": " + takeovers.get(takeovers.size() - 1));
            }
        }
        var restarted = restart(nodes, partitions, create);
        return new GroupCost(plan.perNode(partitions), idle, takeovers, List.of(restarted));
    }

    private List<NodeCost> idle(CordwoodNodes nodes) throws IOException, InterruptedException {
        TimeUnit.NANOSECONDS.sleep(plan.settle().toNanos());
        run.say("idle for " + plan.idle().toSeconds() + " s");
        var before = new ArrayList<Double>();
        for (int node = 1; node <= nodes.count(); node++) {
            before.add(proc.cpuSeconds(nodes.servers().pid(node)));
        }
        long start = System.nanoTime();
        TimeUnit.NANOSECONDS.sleep(plan.idle().toNanos());
        double seconds = secondsSince(start);
        var found = new ArrayList<NodeCost>();
        for (int node = 1; node <= nodes.count(); node++) {
            long pid = nodes.servers().pid(node);
            double used = proc.cpuSeconds(pid) - before.get(node - 1);
            int threads = proc.threads(pid);
            double resident = proc.residentBytes(pid);
            var memory = JvmMemory.of(pid);
            found.add(new NodeCost(
                    threads,
                    resident / MIB,
                    memory.directBytes() / MIB,
                    memory.heapBytes() / MIB,
                    used / seconds * PERCENT));
        }
        return found;
    }

    private GroupCost.Takeover takeover(CordwoodNodes nodes, int node, CordwoodClient client, EveryPartition writer)
            throws IOException, InterruptedException {
        // A node that comes back gets its leaderships back by and by.
        TimeUnit.NANOSECONDS.sleep(plan.settle().toNanos());
        int lost = (int) client.admin().topic(TOPIC).partitions().stream()
                .filter(partition -> partition.leader().orElse(0) == node)
                .count();
        nodes.servers().kill(node);
        long start = System.nanoTime();
        writer.publish();
        double seconds = secondsSince(start);
        double rejoin = nodes.servers().start(node).toNanos() / NANOS_PER_SECOND;
        writer.publish();
        return new GroupCost.Takeover(lost, seconds, rejoin);
    }

    private GroupCost.Times restart(CordwoodNodes nodes, int partitions, double createSeconds)
            throws IOException, InterruptedException {
        run.say(partitions + " partitions: all nodes are killed and started");
        nodes.servers().killAll();
        long start = System.nanoTime();
        double ready = nodes.servers().start().toNanos() / NANOS_PER_SECOND;
        try (var client = connect(nodes);
                var writer = new EveryPartition(client, TOPIC, partitions)) {
            writer.publish();
            return new GroupCost.Times(createSeconds, ready, secondsSince(start));
        }
    }

    private static CordwoodClient connect(CordwoodNodes nodes) {
        return CordwoodClient.builder()
                .bootstrap(nodes.bootstrap())
                .requestTimeout(CREATE_TIMEOUT)
                .build();
    }

    private static double secondsSince(long startNanos) {
        return (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
    }

    /** Ends what runs, and the run. Any thread. */
    void end() {
        closed = true;
        var nodes = running;
        if (nodes != null) {
            nodes.servers().close();
        }
    }
}
