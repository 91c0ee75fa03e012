package io.cordwood.chaos.faults;

import io.cordwood.client.CordwoodException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * What one fault of a run tells, and its time.
 *
 * <p>Invariant: what was begun is ended or has failed, once.
 *
 * <p><b>Thread:</b> the fault's.
 */
final class Stage {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration SHORT_POLL = Duration.ofMillis(10);

    private final FaultKind kind;
    private final FaultListener listener;
    private final CountDownLatch aborted;
    private String target = "";
    private boolean begun;
    private boolean over;

    /** @param aborted is down when the run ends before its time */
    Stage(FaultKind kind, FaultListener listener, CountDownLatch aborted) {
        this.kind = kind;
        this.listener = listener;
        this.aborted = aborted;
    }

    void begun(String whom, String detail) {
        target = whom;
        begun = true;
        tell(FaultEvent.Phase.BEGIN, detail);
    }

    void ended(String detail) {
        over = true;
        tell(FaultEvent.Phase.END, detail);
    }

    void missed(String detail) {
        over = true;
        tell(FaultEvent.Phase.MISSED, detail);
    }

    /** What came of it breaks a promise; it is not over by that. */
    void broken(String problem) {
        tell(FaultEvent.Phase.BROKEN, problem);
    }

    void refused(CordwoodException refusal) {
        over = true;
        tell(FaultEvent.Phase.REFUSED, refusal.toString());
    }

    void skipped(String reason) {
        over = true;
        tell(FaultEvent.Phase.SKIPPED, reason);
    }

    void failed(Throwable problem) {
        over = true;
        tell(FaultEvent.Phase.FAILED, problem.toString());
    }

    /** Ends what has not said how it ended. */
    void close() {
        if (begun && !over) {
            ended("");
        }
    }

    private void tell(FaultEvent.Phase phase, String detail) {
        listener.on(new FaultEvent(phase, kind, target, detail, Instant.now()));
    }

    /** Lets the time pass; false at once where the run is being ended. */
    boolean hold(long millis) {
        try {
            return !aborted.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    boolean isAborted() {
        return aborted.getCount() == 0;
    }

    /** Whether it became so within the time; what fails is asked again. */
    boolean await(Duration patience, Callable<Boolean> condition) {
        return await(patience, POLL, condition);
    }

    /** The same of what may be over in a moment. */
    boolean awaitClosely(Duration patience, Callable<Boolean> condition) {
        return await(patience, SHORT_POLL, condition);
    }

    private boolean await(Duration patience, Duration poll, Callable<Boolean> condition) {
        try {
            Awaitility.await()
                    .atMost(patience)
                    .pollInterval(poll)
                    .ignoreExceptions()
                    .until(() -> isAborted() || condition.call());
            return !isAborted();
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }
}
