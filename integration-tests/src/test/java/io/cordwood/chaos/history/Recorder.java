package io.cordwood.chaos.history;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Takes down what happens, with the time and the number of the operation.
 *
 * <p>An operation's begin is taken down before anything is sent, and its end after the answer came: what
 * really happened lies between the two.
 *
 * <p><b>Thread:</b> any, where the given consumer takes events from any.
 */
public final class Recorder {
    private final Consumer<Event> events;
    private final LongSupplier clock;
    private final long beginNanos;
    private final AtomicLong operations;

    /** @param clock nanoseconds that never step: {@code System::nanoTime}. The run begins now */
    public Recorder(Consumer<Event> events, LongSupplier clock) {
        this(events, clock, clock.getAsLong(), 0);
    }

    /**
     * For a run that began earlier, in another process on this machine.
     *
     * @param beginNanos as {@link #beginNanos} says there
     * @param operationsBefore operations have numbers behind this one, which nobody else may use
     */
    public Recorder(Consumer<Event> events, LongSupplier clock, long beginNanos, long operationsBefore) {
        this.events = events;
        this.clock = clock;
        this.beginNanos = beginNanos;
        this.operations = new AtomicLong(operationsBefore);
    }

    /** When the run began, by the clock. */
    public long beginNanos() {
        return beginNanos;
    }

    /** Takes down what another process has noted. */
    public void copy(Event event) {
        events.accept(event);
    }

    /** @return the operation, for one of the other methods when it ends */
    public long invoke(String process, Operation what) {
        long operation = operations.incrementAndGet();
        take(process, operation, EventType.INVOKE, what, "");
        return operation;
    }

    /** @param what with its results */
    public void ok(String process, long operation, Operation what) {
        take(process, operation, EventType.OK, what, "");
    }

    /** @param why it is certain that it has no effect */
    public void fail(String process, long operation, Operation what, String why) {
        take(process, operation, EventType.FAIL, what, why);
    }

    /** @param why its outcome is unknown */
    public void info(String process, long operation, Operation what, String why) {
        take(process, operation, EventType.INFO, what, why);
    }

    /** Something that takes no time: begin and end in one. */
    public void note(String process, Operation what, String detail) {
        take(process, operations.incrementAndGet(), EventType.OK, what, detail);
    }

    private void take(String process, long operation, EventType type, Operation what, String detail) {
        events.accept(new Event(clock.getAsLong() - beginNanos, process, operation, type, what, detail));
    }
}
