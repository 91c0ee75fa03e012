package io.cordwood.client;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a member has to do, now and later.
 *
 * <p>Invariant: a task that throws is told to the member, which would stand still otherwise: the executor
 * keeps it to itself. So is that nothing can be planned any more.
 *
 * <p><b>Thread:</b> any for {@link #execute}; tasks run on the executor's, and plan what comes after them.
 */
final class MemberTasks {
    private static final Logger LOG = LoggerFactory.getLogger(MemberTasks.class);

    private final MemberTime time;
    private final Supplier<String> name;
    private final Consumer<CordwoodException> onFailure;

    MemberTasks(MemberTime time, Supplier<String> name, Consumer<CordwoodException> onFailure) {
        this.time = time;
        this.name = name;
        this.onFailure = onFailure;
    }

    long nanoTime() {
        return time.nanos().getAsLong();
    }

    /** @return false where the client is closed */
    boolean execute(Runnable task) {
        try {
            time.timer().execute(guarded(task));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** @return false where the client is closed, which the member is told before */
    boolean after(Duration pause, Runnable task) {
        try {
            var unused = time.timer().schedule(guarded(task), pause.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("{} goes on no more, the client is closed", name.get());
            onFailure.accept(clientClosed());
            return false;
        }
    }

    static CordwoodException clientClosed() {
        return new CordwoodException(ErrorCode.CLIENT_CLOSED, "the client is closed");
    }

    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (CordwoodException e) {
                onFailure.accept(e);
            } catch (RuntimeException e) {
                LOG.error("{} has stopped on a fault of its own", name.get(), e);
                onFailure.accept(new CordwoodException(
                        ErrorCode.UNKNOWN, name.get() + " has stopped on a fault of its own: " + e, Map.of(), null, e));
            }
        };
    }
}
