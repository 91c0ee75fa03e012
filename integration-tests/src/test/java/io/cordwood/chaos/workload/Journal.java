package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import java.util.concurrent.atomic.LongAdder;

/**
 * The part of the history that one workload writes, and counts.
 *
 * <p><b>Thread:</b> any.
 */
final class Journal {
    private final String name;
    private final Recorder recorder;
    private final LongAdder begun = new LongAdder();
    private final LongAdder ok = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder unknown = new LongAdder();

    Journal(String name, Recorder recorder) {
        this.name = name;
        this.recorder = recorder;
    }

    String name() {
        return name;
    }

    /** Before anything is sent. */
    long begin(String process, Operation what) {
        begun.increment();
        return recorder.invoke(process, what);
    }

    void ok(String process, long operation, Operation what) {
        recorder.ok(process, operation, what);
        ok.increment();
    }

    /** Ends an operation that did not succeed. */
    void end(String process, long operation, Operation what, Outcome outcome) {
        if (outcome.isCertain()) {
            recorder.fail(process, operation, what, outcome.why());
            failed.increment();
        } else {
            recorder.info(process, operation, what, outcome.why());
            unknown.increment();
        }
    }

    /** Of a read that got nothing: whatever the reason was, it has no effect. */
    void fail(String process, long operation, Operation what, String why) {
        recorder.fail(process, operation, what, why);
        failed.increment();
    }

    /** What takes no time. */
    void note(String process, Operation what) {
        begun.increment();
        recorder.note(process, what, "");
        ok.increment();
    }

    Counts counts() {
        // The ends first: what ends in between is then still under way, and never more has ended than began.
        long ended = ok.sum();
        long refused = failed.sum();
        long lost = unknown.sum();
        return new Counts(begun.sum(), ended, refused, lost);
    }
}
