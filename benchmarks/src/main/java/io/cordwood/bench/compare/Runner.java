package io.cordwood.bench.compare;

import io.cordwood.bench.process.Kernel;
import io.cordwood.bench.process.ProcFiles;
import io.cordwood.bench.process.ServerGroup;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes the contenders in turn, round by round, and keeps every result. A contender that was asked everything in a round is not
 * asked again; where anything is missing it is started afresh and asked everything, because what a row finds depends on the rows
 * before it.
 *
 * <p>Invariant: at most one contender's servers run at any time, and none after {@link #close}.
 *
 * <p><b>Thread:</b> one; {@link #close} also from a shutdown hook.
 */
final class Runner implements AutoCloseable {
    /** Beside the warm-up, for the rows' own records, before replication. */
    private static final long ROWS_BYTES = 8_000_000_000L;

    private static final int REPLICAS = 3;
    private static final long END_SECONDS = 20;

    private final Plan plan;
    private final Workplace place;
    private final ResultsFile results;
    private final PrintStream progress;
    private final ProcFiles proc = ProcFiles.ofThisMachine();
    private volatile @Nullable ServerGroup running;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean closed;
    private int failures;

    Runner(Plan plan, Workplace place, ResultsFile results, PrintStream progress) {
        this.plan = plan;
        this.place = place;
        this.results = results;
        this.progress = progress;
    }

    /** Number of measurements that failed; a later run takes them up again. */
    int run() throws IOException, InterruptedException {
        try {
            return runRounds();
        } finally {
            ended.countDown();
        }
    }

    private int runRounds() throws IOException, InterruptedException {
        requireSpace();
        if (results.machine().isEmpty()) {
            say("the machine's limits");
            results.addMachine(MachineLimits.measure(place.directory()));
        }
        for (int round = 1; round <= plan.rounds(); round++) {
            for (var contender : Contender.orderOf(round)) {
                if (!closed && !results.isWhole(round, contender, plan.rows())) {
                    run(round, contender);
                }
            }
        }
        return failures;
    }

    private void run(int number, Contender contender) throws IOException, InterruptedException {
        Kernel.sync();
        var service = place.prepare(contender);
        try (var servers = service.servers()) {
            running = servers;
            if (closed) {
                return; // whoever closed may have found nothing running
            }
            var round = new Round(plan, service, proc);
            say("round " + number + " of " + plan.rounds() + ", " + contender.title() + ": start and warm-up");
            round.begin();
            results.start(number, contender);
            for (var row : plan.rows()) {
                if (servers.isWhole()) {
                    measure(round, number, contender, row);
                }
            }
            servers.stop();
        } catch (IOException | IllegalArgumentException e) {
            failed(number, contender, "start", e);
        } finally {
            running = null;
            place.deleteData();
        }
    }

    private void measure(Round round, int number, Contender contender, Row row) throws IOException {
        try {
            var found = round.measure(row);
            results.add(number, contender, row, LocalDate.now(ZoneId.systemDefault()), found);
            say("round " + number + ", " + contender.title() + ", " + row.word() + ": " + found);
        } catch (IOException | IllegalArgumentException e) {
            failed(number, contender, row.word(), e);
        }
    }

    private void failed(int number, Contender contender, String what, Exception reason) throws IOException {
        if (closed) {
            // Servers that were killed because the run ends have not failed.
            return;
        }
        failures++;
        say(String.format(
                Locale.ROOT, "FAILED: round %d, %s, %s: %s", number, contender.title(), what, reason.getMessage()));
        place.keepServerLogs(number, contender);
    }

    private void requireSpace() throws IOException {
        long needed = REPLICAS * (plan.warmupBytes() + ROWS_BYTES);
        long usable = Files.getFileStore(place.directory()).getUsableSpace();
        if (usable < needed && plan.isWarm()) {
            throw new IOException(place.directory() + " has " + usable + " bytes free, " + needed
                    + " are needed: a smaller --warmup needs less");
        }
    }

    private void say(String text) {
        progress.println(LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + " " + text);
    }

    @Override
    public void close() {
        closed = true;
        var servers = running;
        if (servers != null) {
            servers.close();
        }
        place.clients().close();
        awaitEnd();
    }

    /** What a run still deletes cannot be deleted by another at the same time. */
    private void awaitEnd() {
        try {
            var unused = ended.await(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
