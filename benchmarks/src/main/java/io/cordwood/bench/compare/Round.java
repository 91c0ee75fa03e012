package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.process.Kernel;
import io.cordwood.bench.process.ProcFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * One contender, freshly started and warmed up, through the rows of one round.
 *
 * <p>Invariant: every row has a topic of its own.
 *
 * <p><b>Thread:</b> one.
 */
final class Round {
    private static final String WARM_UP_TOPIC = "warmup";
    private static final int PARTITIONS = 6;
    private static final int LARGE_RECORD_BYTES = 1000;
    private static final int SMALL_RECORD_BYTES = 100;
    /** Small records come at a higher rate; what a measurement of them takes need only be about right. */
    private static final double SMALL_RECORD_FACTOR = 6;

    private static final double STEADY_RATE = 5000;
    private static final double FAILOVER_RATE = 1000;
    private static final Duration BEFORE_KILL = Duration.ofSeconds(10);
    private static final Duration AFTER_KILL = Duration.ofSeconds(40);
    private static final long RECORDS_PER_SECOND_AT_A_TIME = 100;
    private static final long GROUP_RECORDS = 1000;
    private static final double MIB = 1 << 20;
    /** The same for all, however fast they took the warm-up. */
    private static final long COLD_RECORDS = 2_000_000;

    private final Plan plan;
    private final Service service;
    private final ProcFiles proc;
    private Duration startTime = Duration.ZERO;
    private double recordsPerSecond;

    Round(Plan plan, Service service, ProcFiles proc) {
        this.plan = plan;
        this.service = service;
        this.proc = proc;
    }

    /** Starts the servers, publishes the warm-up and reads a little, so that the reader's side is set up, too. */
    void begin() throws IOException, InterruptedException {
        startTime = service.servers().start();
        service.createTopic(WARM_UP_TOPIC, PARTITIONS);
        var load = new Publish(WARM_UP_TOPIC, LARGE_RECORD_BYTES, plan.warmupBytes() / LARGE_RECORD_BYTES, 0);
        recordsPerSecond = service.publish(load).require("recordsPerSecond");
        var unused = service.readFromStart(WARM_UP_TOPIC, GROUP_RECORDS);
    }

    JsonLine measure(Row row) throws IOException {
        return switch (row) {
            case START -> JsonLine.empty().with("seconds", startTime.toMillis() / 1000.0);
            case THROUGHPUT_1K -> publish(throughput(row, LARGE_RECORD_BYTES, recordsPerSecond));
            case THROUGHPUT_100B ->
                publish(throughput(row, SMALL_RECORD_BYTES, recordsPerSecond * SMALL_RECORD_FACTOR));
            case LATENCY_5000 -> latency(row);
            case MEMORY -> memory();
            case END_TO_END -> oneAtATime(row);
            case CONSUME_TAIL -> tail(row);
            case CONSUME_COLD -> cold();
            case FAILOVER -> failover(row);
        };
    }

    private Publish throughput(Row row, int recordBytes, double expectedRate) {
        return new Publish(row.word(), recordBytes, recordsOf(expectedRate, plan.duration()), 0);
    }

    private static long recordsOf(double rate, Duration time) {
        return Math.max(1000, Math.round(rate * time.toSeconds()));
    }

    private JsonLine publish(Publish load) throws IOException {
        service.createTopic(load.topic(), PARTITIONS);
        var meter = Meter.start(proc, service.servers().pids());
        var found = service.publish(load);
        return found.with(meter.stop(load.bytes()));
    }

    private JsonLine latency(Row row) throws IOException {
        Kernel.sync();
        return publish(
                new Publish(row.word(), LARGE_RECORD_BYTES, recordsOf(STEADY_RATE, plan.duration()), STEADY_RATE));
    }

    private JsonLine memory() throws IOException {
        double bytes = 0;
        var pids = service.servers().pids();
        for (long pid : pids) {
            bytes += proc.residentBytes(pid);
        }
        return JsonLine.empty().with("residentMib", bytes / pids.size() / MIB);
    }

    private JsonLine oneAtATime(Row row) throws IOException {
        Kernel.sync();
        service.createTopic(row.word(), 1);
        return service.oneAtATime(row.word(), plan.duration().toSeconds() * RECORDS_PER_SECOND_AT_A_TIME);
    }

    private JsonLine tail(Row row) throws IOException {
        service.createTopic(row.word(), PARTITIONS);
        var load = throughput(row, LARGE_RECORD_BYTES, recordsPerSecond);
        var meter = Meter.start(proc, service.servers().pids());
        var found = service.publishAndFollow(load);
        return found.with(meter.stop(load.bytes()));
    }

    private JsonLine cold() throws IOException {
        if (!Kernel.dropCaches()) {
            throw new IOException("the page cache cannot be dropped");
        }
        long records = coldRecords(plan);
        var meter = Meter.start(proc, service.servers().pids());
        var found = service.readFromStart(WARM_UP_TOPIC, records);
        return found.with(meter.stop(records * LARGE_RECORD_BYTES));
    }

    static long coldRecords(Plan plan) {
        return Math.min(plan.warmupBytes() / LARGE_RECORD_BYTES, COLD_RECORDS);
    }

    /** The longest time from a send to its acknowledgement, while the node that leads the only partition is killed. */
    private JsonLine failover(Row row) throws IOException {
        Kernel.sync();
        service.createTopic(row.word(), 1);
        var load = Publish.measured(row.word(), LARGE_RECORD_BYTES, BEFORE_KILL.plus(AFTER_KILL), FAILOVER_RATE);
        // The client's own start takes from the time before the kill.
        var killAfter = load.warmUp().plus(BEFORE_KILL);
        var killed = CompletableFuture.runAsync(
                () -> killLeader(load.topic()),
                CompletableFuture.delayedExecutor(killAfter.toMillis(), TimeUnit.MILLISECONDS));
        var found = service.publish(load);
        try {
            killed.join();
        } catch (CompletionException e) {
            throw new IOException("the leader was not killed", e);
        }
        return found;
    }

    /** Asked for now: a new topic's leaders are still moved to where they belong. */
    private void killLeader(String topic) {
        try {
            service.servers().kill(service.leaderOf(topic));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
