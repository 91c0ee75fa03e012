package io.cordwood.bench.restart;

import io.cordwood.bench.process.Clients;
import io.cordwood.bench.process.CordwoodNodes;
import io.cordwood.bench.process.Kernel;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * One node with one partition that grows from size to size; at each size it is killed and started again and again.
 *
 * <p>Invariant: every record that was acknowledged before a kill is there after the start, or the run fails.
 *
 * <p><b>Thread:</b> one; {@link #end} is called by a shutdown hook.
 */
final class Restarts {
    private static final String TOPIC = "restart";
    private static final double NANOS_PER_SECOND = 1e9;
    /** Checkpoints are taken after a minute at the latest. */
    private static final Duration SETTLE = Duration.ofMinutes(3);

    private static final long SETTLE_POLL_MS = 500;
    /** Of a segment, published beyond its size: the batch that does not fit seals it. */
    private static final int SPARE_SHARE = 32;

    /**
     * How a run goes.
     *
     * @param restarts of each size, with a warm page cache, and as many with an empty one where that is allowed
     * @param stepBytes published before each kill, so that the kills leave different tails behind
     */
    record Plan(List<Long> sizesBytes, int restarts, long stepBytes, int recordBytes, long segmentBytes) {
        Plan {
            sizesBytes = sizesBytes.stream().sorted().toList();
            if (restarts < 1 || recordBytes < 1 || stepBytes < recordBytes) {
                throw new IllegalArgumentException(restarts + " restarts, " + stepBytes
                        + " bytes before each, records of " + recordBytes + " bytes");
            }
        }

        /** Of the node's disk, with its raft log and index and something to spare. */
        long neededBytes(long sizeBytes) {
            return sizeBytes + sizeBytes / 10 + 2 * segmentBytes + 2L * restarts * stepBytes + 1_000_000_000L;
        }
    }

    private final Plan plan;
    private final RunOptions run;
    private final CordwoodNodes node;
    private final Clients clients;
    private final List<RestartSample> samples = new CopyOnWriteArrayList<>();

    Restarts(Plan plan, RunOptions run) throws IOException {
        this.plan = plan;
        this.run = run;
        this.clients = new Clients(run.work().resolve("clients"));
        var setup = new CordwoodNodes.Setup(
                run.jars(), run.work(), List.of("-Xmx512m"), List.of("--log.segment-max-bytes=" + plan.segmentBytes()));
        this.node = CordwoodNodes.prepare(setup, 1);
    }

    List<RestartSample> samples() {
        return List.copyOf(samples);
    }

    void run() throws IOException, InterruptedException {
        try {
            measure();
        } catch (IOException | CordwoodException e) {
            run.keepLogs(run.work(), "restart");
            throw e;
        }
    }

    private void measure() throws IOException, InterruptedException {
        node.servers().start();
        try (var client = CordwoodClient.connect(node.bootstrap())) {
            client.admin().createTopic(TOPIC, 1, 1, Map.of());
        }
        for (long size : plan.sizesBytes()) {
            long usable = Files.getFileStore(run.work()).getUsableSpace();
            long needed = plan.neededBytes(size - log().sealedBytes());
            if (usable < needed) {
                run.say("LEFT OUT: " + size + " bytes; " + usable + " are free, " + needed + " are needed");
            } else {
                measure(size);
            }
        }
        node.servers().stop();
    }

    private void measure(long size) throws IOException, InterruptedException {
        fill(size);
        awaitCheckpoint();
        for (int i = 0; i < plan.restarts(); i++) {
            restart(size, false);
            restart(size, true);
        }
    }

    private void fill(long size) throws IOException {
        for (var log = log(); log.sealedBytes() < size; log = log()) {
            long missing = size - log.sealedBytes() - log.activeBytes();
            long untilSealed = plan.segmentBytes() - log.activeBytes() + plan.segmentBytes() / SPARE_SHARE;
            long bytes = Math.max(missing, untilSealed);
            run.say("publish " + bytes + " bytes; " + log.sealedBytes() + " of " + size + " are sealed");
            publish(bytes);
        }
    }

    private void publish(long bytes) throws IOException {
        clients.run(
                run.jars(),
                "io.cordwood.bench.Load",
                List.of(
                        "--bootstrap",
                        node.bootstrap(),
                        "--topic",
                        TOPIC,
                        "--record-bytes",
                        "" + plan.recordBytes(),
                        "--warmup",
                        "0",
                        "--records",
                        "" + Math.max(1, bytes / plan.recordBytes())));
    }

    private void awaitCheckpoint() throws IOException, InterruptedException {
        run.say("wait for the checkpoint that lists the sealed segments");
        long deadline = System.nanoTime() + SETTLE.toNanos();
        while (!log().sealedAreListed()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("no such checkpoint within " + SETTLE + ": " + log());
            }
            TimeUnit.MILLISECONDS.sleep(SETTLE_POLL_MS);
        }
    }

    private void restart(long size, boolean cold) throws IOException, InterruptedException {
        publish(plan.stepBytes());
        long end;
        try (var probe = probe()) {
            end = probe.endOffset();
        }
        node.servers().killAll();
        var left = log();
        if (cold && !Kernel.dropCaches()) {
            run.say("the page cache cannot be emptied here: no start with an empty one");
            node.servers().start();
            return;
        }
        samples.add(start(size, left, cold, end));
        run.say(samples.get(samples.size() - 1).toString());
    }

    private RestartSample start(long size, LogOnDisk left, boolean cold, long end)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        double ready = node.servers().start().toNanos() / NANOS_PER_SECOND;
        try (var probe = probe()) {
            probe.readBelow(end);
            double fetched = (System.nanoTime() - start) / NANOS_PER_SECOND;
            probe.publish();
            double acknowledged = (System.nanoTime() - start) / NANOS_PER_SECOND;
            return new RestartSample(size, left, cold, ready, fetched, acknowledged);
        }
    }

    private ServingProbe probe() {
        return new ServingProbe(node.bootstrap(), TOPIC);
    }

    private LogOnDisk log() throws IOException {
        return LogOnDisk.read(directory());
    }

    private Path directory() throws IOException {
        return LogOnDisk.onlyPartition(node.data(1));
    }

    /** Ends what runs. Any thread. */
    void end() {
        node.servers().close();
        clients.close();
    }
}
