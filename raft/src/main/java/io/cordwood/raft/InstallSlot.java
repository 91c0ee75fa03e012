package io.cordwood.raft;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers Ratis' install notifications of one group, which come again and again while the leader lacks the entries that this
 * replica needs.
 *
 * <p>The first one starts the catch-up on another thread. Ratis' future stays open meanwhile and then <em>fails</em>; the
 * notification that comes next finds the result and installs it within the call. Had the future completed with the result,
 * Ratis would refuse every append until a leader notifies once more, and a new leader whose log is whole never does.
 *
 * <p>Invariants: at most one catch-up of the group runs, and none once the slot is closed; what is installed reaches the first
 * entry that the leader still has.
 *
 * <p>Thread: {@link #notified} under the division's lock; the catch-up on a thread of the given executor. The monitor guards the
 * fields; it is never held while the catch-up runs or an answer completes.
 *
 * <p>Source: Ratis 3.3.0, {@code SnapshotInstallationHandler.notifyStateMachineToInstallSnapshot}.
 */
final class InstallSlot implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(InstallSlot.class);
    private static final long RETRY_MS = 500;

    private final Supplier<String> name;
    private final Executor executor;
    private final Work work;
    private final CatchUpCounters counters;
    /** Completes when the slot is closed and the last catch-up has returned. */
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private @Nullable Ready ready;
    private @Nullable CompletableFuture<@Nullable TermIndex> running;
    private @Nullable Thread runner;
    private boolean closed;
    private String lastFailure = "";

    /** Brings what this node lacks; blocks. */
    interface Work {
        /** @return empty where nothing was lacking after all */
        Optional<Ready> prepare(int leaderNode, TermIndex firstInLeaderLog) throws IOException, InterruptedException;
    }

    /** A state that was fetched and is complete on disk, but for what makes it this replica's own. */
    interface Ready {
        TermIndex termIndex();

        /** Whether nothing happened that it did not reckon with. */
        boolean isCurrent();

        /** Makes it the state of this replica, durably. */
        void install() throws IOException;
    }

    /** A fetch can be spared if the leader asks again: no failure. */
    static final class NotYetException extends IOException {
        private static final long serialVersionUID = 1L;

        NotYetException(String message) {
            super(message);
        }
    }

    InstallSlot(Supplier<String> name, Executor executor, CatchUpCounters counters, Work work) {
        this.name = name;
        this.executor = executor;
        this.counters = counters;
        this.work = work;
    }

    /** What to answer a notification with. Whatever goes wrong fails the future: thrown at Ratis, it would end its server. */
    CompletableFuture<@Nullable TermIndex> notified(IntSupplier leaderNode, TermIndex firstInLeaderLog) {
        try {
            return answer(leaderNode, firstInLeaderLog);
        } catch (Throwable e) {
            LOG.error("{}: cannot answer an install notification", name.get(), e);
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<@Nullable TermIndex> answer(IntSupplier leaderNode, TermIndex firstInLeaderLog) {
        counters.notified();
        if (firstInLeaderLog.getIndex() == 0) {
            // Asked of every new member; the log is whole, and null lets the leader send the entries.
            return CompletableFuture.completedFuture(null);
        }
        var found = takeReady();
        if (found != null && found.termIndex().getIndex() >= firstInLeaderLog.getIndex() && found.isCurrent()) {
            return install(found);
        }
        return running(leaderNode.getAsInt(), firstInLeaderLog);
    }

    private synchronized @Nullable Ready takeReady() {
        var found = ready;
        ready = null;
        return found;
    }

    private CompletableFuture<@Nullable TermIndex> install(Ready found) {
        try {
            found.install();
            counters.installed();
            LOG.info("{}: caught up to {}; {}", name.get(), found.termIndex(), counters);
            return CompletableFuture.completedFuture(found.termIndex());
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private synchronized CompletableFuture<@Nullable TermIndex> running(int leaderNode, TermIndex first) {
        var current = running;
        if (current != null && !current.isDone()) {
            return current;
        }
        var started = new CompletableFuture<@Nullable TermIndex>();
        running = started;
        try {
            executor.execute(() -> run(leaderNode, first, started));
        } catch (RejectedExecutionException e) {
            failLater(started, "too many replicas catch up at once, or the node stops");
        }
        return started;
    }

    private void run(int leaderNode, TermIndex first, CompletableFuture<@Nullable TermIndex> answer) {
        try {
            var prepared = prepare(leaderNode, first);
            answer.completeExceptionally(
                    new AskAgainException(prepared.isPresent() ? "fetched" : "nothing is lacking"));
        } catch (NotYetException e) {
            failLater(answer, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            failLater(answer, "the node stops, or the group is closed");
        } catch (IOException | RuntimeException | Error e) { // an error too: nobody would catch up any more
            counters.failed();
            failed(answer, e);
        }
    }

    private Optional<Ready> prepare(int leaderNode, TermIndex first) throws IOException, InterruptedException {
        begin();
        counters.began();
        try {
            var prepared = work.prepare(leaderNode, first);
            done(prepared.orElse(null));
            return prepared;
        } finally {
            counters.ended();
            end();
        }
    }

    private synchronized void begin() throws InterruptedException {
        if (closed) {
            throw new InterruptedException("the group is closed");
        }
        runner = Thread.currentThread();
    }

    private synchronized void done(@Nullable Ready prepared) {
        ready = closed ? null : prepared;
        lastFailure = "";
    }

    private synchronized void end() {
        runner = null;
        if (closed) {
            var unused = Thread.interrupted(); // was meant for this catch-up, not for the thread's next
            ended.complete(null);
        }
    }

    /** Interrupts the catch-up that runs, and waits for its end. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            ready = null;
            if (runner == null) {
                ended.complete(null);
            } else {
                runner.interrupt();
            }
        }
        ended.join();
    }

    private void failed(CompletableFuture<@Nullable TermIndex> answer, Throwable failure) {
        var reason = String.valueOf(failure.getMessage());
        synchronized (this) {
            var kind = reason.replaceAll("[0-9]+", "N"); // offsets and free bytes differ from try to try
            if (!kind.equals(lastFailure)) {
                LOG.warn("{} cannot catch up yet and tries again", name.get(), failure);
            }
            lastFailure = kind;
        }
        failLater(answer, reason);
    }

    /** Later, because the leader asks again at once. */
    private static void failLater(CompletableFuture<@Nullable TermIndex> answer, String reason) {
        CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS)
                .execute(() -> answer.completeExceptionally(new AskAgainException(reason)));
    }

    /** Tells Ratis that the next notification counts. */
    private static final class AskAgainException extends Exception {
        private static final long serialVersionUID = 1L;

        AskAgainException(String message) {
            super(message, null, false, false);
        }
    }
}
