package io.cordwood.cli.demo;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.Console;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.demo.ReplicaComparison.Settled;
import io.cordwood.cli.local.ClusterSpec;
import io.cordwood.cli.local.LocalCluster;
import io.cordwood.cli.local.NodePorts;
import io.cordwood.cli.local.ServerArchive;
import io.cordwood.cli.local.ShutdownHook;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Producer;
import io.cordwood.client.StartPoint;
import io.cordwood.client.TopicDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Starts three nodes, publishes lines and reads them back by a consumer group, kills the node that leads
 * most partitions half way, starts it again, and accounts for every record at the end.
 *
 * <p>Invariant: when it ends, however it ends, no server of its own runs any more. The cluster's directory stays only where
 * something went wrong, or on request.
 *
 * <p>Thread: one, which owns a thread for each reader and one for the failover. A shutdown hook cleans up
 * behind Ctrl-C.
 */
public final class Demo {
    private static final int NODES = 3;
    private static final int PARTITIONS = 6;
    private static final String TOPIC = "demo";
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration ACK_TIMEOUT = Duration.ofSeconds(150);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration FAILOVER_TIMEOUT = Duration.ofSeconds(150);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

    /** What was seen while the cluster was up. */
    private record Run(
            TopicDescription topic,
            Failover.Outcome failover,
            List<Settled> settled,
            ReadLog groupReads,
            Map<Integer, Long> committed,
            List<DemoCheck.Read> readAgain) {}

    private final DemoOptions options;
    private final Console console;
    private final LocalCluster cluster;
    private final PublishLog log;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        var thread = new Thread(task, "demo-worker");
        thread.setDaemon(true);
        return thread;
    });

    private Demo(DemoOptions options, Console console, LocalCluster cluster) {
        this.options = options;
        this.console = console;
        this.cluster = cluster;
        this.log = new PublishLog(options.records(), PARTITIONS);
    }

    /** @return the report, and whether every promise was kept */
    public static DemoReport run(DemoOptions options, Console console) {
        var unused = ServerArchive.prepare(console::progress);
        var directory = temporaryDirectory();
        var cluster = LocalCluster.of(ClusterSpec.of(directory, NodePorts.free(NODES)));
        var hook = ShutdownHook.add("demo-cleanup", () -> cleanUpInterrupted(console, cluster));
        var demo = new Demo(options, console, cluster);
        var kept = true;
        try {
            var report = new DemoReport(demo.result());
            kept = options.keep() || !report.passed();
            return report;
        } finally {
            demo.threads.shutdownNow();
            cluster.close();
            if (hook.remove()) {
                finish(console, cluster, kept);
            }
        }
    }

    private DemoResult result() {
        var upMs = startCluster();
        var run = publishAndRead();
        console.progress("stopping the nodes, comparing their segment files");
        cluster.stop(STOP_TIMEOUT);
        var comparison = new ReplicaComparison(cluster, run.topic());
        var findings = DemoCheck.check(
                options.records(), log.acknowledgements(), run.groupReads().reads());
        findings.addAll(DemoCheck.compareCommitted(endsOf(run.settled()), run.committed()));
        // What was read live could be gone by now: what counts is what a new reader finds.
        findings.addAll(DemoCheck.check(options.records(), log.acknowledgements(), run.readAgain()));
        findings.addAll(comparison.compareFiles(run.settled()));
        return new DemoResult(
                upMs,
                options.records().size(),
                log.ackTimes(),
                log.firstFailure().map(Throwable::toString).orElse(""),
                run.failover(),
                Reading.of(run.groupReads()),
                findings,
                comparison.comparedBytes());
    }

    private long startCluster() {
        console.notice("starting " + NODES + " nodes in " + cluster.spec().directory());
        var begin = System.nanoTime();
        cluster.start(START_TIMEOUT, console::progress);
        var upMs = Duration.ofNanos(System.nanoTime() - begin).toMillis();
        console.notice("cluster up after " + upMs + " ms: " + String.join(", ", cluster.clientAddresses()));
        return upMs;
    }

    private Run publishAndRead() {
        try (var client = openClient()) {
            var topic = client.admin().createTopic(TOPIC, PARTITIONS, NODES, Map.of());
            console.notice("topic " + TOPIC + ": " + PARTITIONS + " partitions x " + NODES + " replicas");
            var reads = new ReadLog();
            try (var group = new GroupReading(client, TOPIC, reads, threads, console::notice)) {
                group.join("reader-1");
                var failover = publish(client, reads, group);
                console.progress("waiting for all replicas to be equally far");
                var settled = ReplicaComparison.awaitSettled(client.admin(), topic);
                reads.stopAt(endsOf(settled));
                awaitReads(group.ended(), reads);
                var readAgain = readAgain(client, endsOf(settled));
                return new Run(topic, failover, settled, reads, group.committed(), readAgain);
            }
        }
    }

    private List<DemoCheck.Read> readAgain(CordwoodClient client, Map<Integer, Long> ends) {
        try (var reader = client.reader(TOPIC).start(StartPoint.earliest()).open()) {
            var reads = new ReadLog();
            reads.stopAt(ends);
            awaitReads(CompletableFuture.runAsync(new ReadLoop("reader", reader::poll, reads), threads), reads);
            return reads.reads();
        }
    }

    private static Map<Integer, Long> endsOf(List<Settled> settled) {
        return settled.stream().collect(Collectors.toMap(Settled::partition, Settled::end));
    }

    private Failover.Outcome publish(CordwoodClient client, ReadLog reads, GroupReading group) {
        var records = options.records();
        console.notice("publishing " + records.size() + " records over "
                + options.duration().toSeconds() + " s");
        var failover = new Failover(cluster, client.admin(), TOPIC, log, console::notice);
        var outcome = CompletableFuture.supplyAsync(() -> failover.run(Math.max(1, records.size() / 2)), threads);
        var handover = CompletableFuture.runAsync(
                () -> {
                    log.awaitSent(records.size() / 4);
                    group.join("reader-2");
                },
                threads);
        try (var producer = openProducer(client)) {
            new LinePublisher(TOPIC, producer, log, () -> tell(reads)).publish(records, options.duration());
            producer.flush();
            if (!log.awaitSettled(ACK_TIMEOUT)) {
                throw failed(
                        "NOT_ACKNOWLEDGED",
                        records.size() - log.settled() + " records are neither acknowledged nor" + " refused after "
                                + ACK_TIMEOUT.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("INTERRUPTED", "interrupted while waiting for acknowledgements");
        }
        await(handover, FAILOVER_TIMEOUT, "the second member");
        return await(outcome, FAILOVER_TIMEOUT, "the failover");
    }

    private CordwoodClient openClient() {
        return CordwoodClient.builder().bootstrap(cluster.clientAddresses()).build();
    }

    private static Producer openProducer(CordwoodClient client) {
        return client.producer().open();
    }

    private void tell(ReadLog reads) {
        if (console.streams().errIsTerminal()) {
            console.progress("published " + log.sent() + " of "
                    + options.records().size() + ", acknowledged " + log.settled() + ", read back " + reads.count());
        }
    }

    /** What is still missing after the deadline is found, and named, by the check. */
    private void awaitReads(CompletableFuture<Void> reading, ReadLog reads) {
        var timer = new CompletableFuture<Void>().completeOnTimeout(null, READ_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        await(CompletableFuture.anyOf(reading, timer), READ_TIMEOUT.multipliedBy(2), "reading back");
        reads.abandon();
        await(reading, READ_TIMEOUT, "the end of reading back");
    }

    private static <T> T await(CompletableFuture<T> future, Duration timeout, String what) {
        try {
            return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw failed("TIMED_OUT", what + " took more than " + timeout.toSeconds() + " s");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException problem) {
                throw problem;
            }
            throw new IllegalStateException(what + " failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("INTERRUPTED", "interrupted while waiting for " + what);
        }
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("cordwood-demo-");
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.FAILED,
                    "IO_ERROR",
                    "cannot create a temporary directory: " + e.getMessage(),
                    "set TMPDIR to a writable directory",
                    e);
        }
    }

    private static void cleanUpInterrupted(Console console, LocalCluster cluster) {
        console.notice(
                "interrupted: stopping the nodes, removing " + cluster.spec().directory());
        console.mute();
        cluster.close();
        delete(cluster);
    }

    private static void finish(Console console, LocalCluster cluster, boolean kept) {
        if (kept) {
            console.notice("logs and data are kept in " + cluster.spec().directory());
        } else {
            delete(cluster);
        }
    }

    private static void delete(LocalCluster cluster) {
        try {
            cluster.deleteDirectory();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + cluster.spec().directory(), e);
        }
    }

    private static CliException failed(String reason, String message) {
        return new CliException(ExitCode.FAILED, reason, message, "the servers' logs say more");
    }
}
