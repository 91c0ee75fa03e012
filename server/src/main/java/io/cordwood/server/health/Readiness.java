package io.cordwood.server.health;

import io.cordwood.server.health.Hindrance.Code;
import java.io.Closeable;
import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the node can serve, looked at once a second, and at once when it joins or stops. A look that
 * takes long is itself a reason against it: a disk that hangs holds up whoever asks about it.
 *
 * <p>Invariants: a node that has not joined, or stops, is not ready whatever the checks say; the listener
 * hears of each change, in order, and of the state when it is added. The log has a line for each change of
 * what hinders the node.
 *
 * <p><b>Thread:</b> any may ask; the checks run on one of two threads of its own, {@code readiness}, the
 * other one watches it; the first time they run on the caller's. The lock guards what is published together with the telling of it, so that a stop is
 * never overtaken by an older look; the listener must be quick.
 */
public final class Readiness implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Readiness.class);
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final Duration LAST_LOOK = Duration.ofSeconds(1);
    private static final Duration LONG_LOOK = Duration.ofSeconds(10);
    private static final int THREADS = 2;
    private static final long NONE = Long.MIN_VALUE;
    private static final List<Hindrance> STARTING = List.of(new Hindrance(
            Code.NOT_JOINED, "the node starts or has not joined its cluster yet; its log says what it waits for"));
    private static final List<Hindrance> STOPPING =
            List.of(new Hindrance(Code.SHUTTING_DOWN, "the node is stopping; go on at another one"));

    private final ScheduledExecutorService threads;
    private final UncaughtExceptionHandler onFailure;
    private final Duration longLook;
    private volatile long lookBeganNanos = NONE;
    private final CompletableFuture<Void> firstReady = new CompletableFuture<>();
    private volatile List<Hindrance> hindrances = STARTING;
    private boolean stopping;
    private Consumer<List<Hindrance>> listener = found -> {};

    /** @param onFailure hears of a check that threw; the checks then end */
    public Readiness(UncaughtExceptionHandler onFailure) {
        this(onFailure, LONG_LOOK);
    }

    Readiness(UncaughtExceptionHandler onFailure, Duration longLook) {
        this.onFailure = onFailure;
        this.longLook = longLook;
        this.threads = Executors.newScheduledThreadPool(THREADS, task -> {
            var named = new Thread(task, "readiness");
            named.setDaemon(true);
            return named;
        });
    }

    /** As of the newest look. */
    public boolean isReady() {
        return Hindrance.ready(hindrances);
    }

    /** As of the newest look; a node that is ready may have some, too. */
    public List<Hindrance> hindrances() {
        return hindrances;
    }

    /** Completes when the node is ready for the first time. */
    public CompletableFuture<Void> firstReady() {
        return firstReady.copy();
    }

    /** Who is told from now on. */
    public synchronized void tell(Consumer<List<Hindrance>> newListener) {
        listener = newListener;
        listener.accept(hindrances);
    }

    /** The node is a member: from now on the checks decide, the first time before this returns. */
    public void joined(List<ReadinessCheck> checks) {
        look(checks);
        synchronized (this) {
            if (!stopping) {
                repeat(() -> look(checks));
                repeat(this::watch);
            }
        }
    }

    private void repeat(Runnable task) {
        var unused = threads.scheduleWithFixedDelay(
                () -> reporting(task), EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** For good. */
    public synchronized void stopping() {
        stopping = true;
        publish(STOPPING);
    }

    private static void log(List<Hindrance> found) {
        if (found.isEmpty()) {
            LOGGER.info("the node is ready");
        } else {
            var reasons = found.stream().map(Hindrance::message).collect(Collectors.joining("; "));
            LOGGER.warn(
                    "the node is {}: {}", Hindrance.ready(found) ? "ready, and less than whole" : "not ready", reasons);
        }
    }

    private void look(List<ReadinessCheck> checks) {
        lookBeganNanos = System.nanoTime();
        var found =
                checks.stream().flatMap(check -> check.hindrances().stream()).toList();
        synchronized (this) {
            lookBeganNanos = NONE;
            if (!stopping) {
                publish(found);
            }
        }
    }

    private synchronized void watch() {
        long began = lookBeganNanos;
        if (began != NONE && System.nanoTime() - began > longLook.toNanos() && !stopping) {
            publish(List.of(new Hindrance(
                    Code.CHECKS_STUCK,
                    "a look at the node's replicas and disks has not ended for more than " + longLook.toSeconds()
                            + " s: a disk may hang")));
        }
    }

    private synchronized void publish(List<Hindrance> found) {
        boolean changed = !codes(hindrances).equals(codes(found));
        hindrances = found;
        if (changed) {
            listener.accept(found);
        }
        if (changed && !stopping) {
            log(found);
        }
        if (isReady()) {
            firstReady.complete(null);
        }
    }

    private static List<Code> codes(List<Hindrance> found) {
        return found.stream().map(Hindrance::code).toList();
    }

    /** The executor would keep a failure to itself, and the last answer would stand for ever. */
    private void reporting(Runnable look) {
        try {
            look.run();
        } catch (RuntimeException e) {
            if (!isStopping()) { // what is being closed may refuse to be looked at
                onFailure.uncaughtException(Thread.currentThread(), e);
            }
            throw e;
        }
    }

    private synchronized boolean isStopping() {
        return stopping;
    }

    @Override
    public void close() {
        stopping();
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(LAST_LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                LOGGER.warn("a look at the node's readiness takes longer than {} s", LAST_LOOK.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
