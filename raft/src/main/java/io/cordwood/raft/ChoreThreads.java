package io.cordwood.raft;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What a node does again and again, each kind on a thread of its own: one that takes long, or waits, holds up no
 * other.
 *
 * <p>Thread: any.
 */
final class ChoreThreads {
    private static final int STOP_SECONDS = 5;

    private final int nodeId;
    private final NodeHalt halt;
    private final BooleanSupplier closing;
    private final Map<Kind, ScheduledExecutorService> threads = new EnumMap<>(Kind.class);

    /** A thread. */
    enum Kind {
        TIMER("node-timer"),
        DUTIES("node-duties"),
        ELECTIONS("elections"),
        KNOCKS("knocks"),
        CHECKPOINTS("checkpoints"),
        RETENTION("retention"),
        COMPACTION("compaction"),
        SCRUB("scrub"),
        SPACE("space"),
        PROBE("disk-probe");

        private final String threadName;

        Kind(String threadName) {
            this.threadName = threadName;
        }
    }

    /** @param closing from when on chores that fail are no fault */
    ChoreThreads(int nodeId, NodeHalt halt, BooleanSupplier closing) {
        this.nodeId = nodeId;
        this.halt = halt;
        this.closing = closing;
        for (Kind kind : Kind.values()) {
            threads.put(kind, Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, nameOf(kind))));
        }
    }

    private String nameOf(Kind kind) {
        return kind.threadName + "-" + nodeId;
    }

    ScheduledExecutorService timer() {
        return of(Kind.TIMER);
    }

    private ScheduledExecutorService of(Kind kind) {
        var thread = threads.get(kind);
        if (thread == null) {
            throw new IllegalStateException("no thread for " + kind);
        }
        return thread;
    }

    /** A chore that throws has a bug; it stops, and the log says so. */
    void repeat(Kind kind, long everyMs, Runnable chore) {
        Runnable logged = () -> {
            try {
                chore.run();
            } catch (Throwable e) { // an error too: it would end the chore and nobody would know
                if (!closing.getAsBoolean()) { // a stop interrupts chores
                    halt.failed("a chore of node " + nodeId, e);
                }
                throw e;
            }
        };
        var unused = of(kind).scheduleWithFixedDelay(logged, everyMs, everyMs, TimeUnit.MILLISECONDS);
    }

    /** Interrupts the chores and waits for their end; a second time is the same as once. */
    void stop(Kind... kinds) {
        for (Kind kind : kinds) {
            of(kind).shutdownNow();
            Threads.join(of(kind), STOP_SECONDS, "a chore");
        }
    }
}
