package io.cordwood.cli;

import io.cordwood.cli.console.Console;
import io.cordwood.client.CordwoodException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Shows something again and again: in its place on a terminal, one after the other elsewhere. What fails
 * for now, after it was shown once, is a notice.
 *
 * <p>Thread: main.
 */
final class Watch {
    private final Console console;
    private final BooleanSupplier pause;

    Watch(Console console, Duration interval) {
        this(console, () -> passes(interval));
    }

    /** @param pause waits, and says whether to look again */
    Watch(Console console, BooleanSupplier pause) {
        this.console = console;
        this.pause = pause;
    }

    /** Until nobody reads it any more, or the process is told to end. */
    void run(Supplier<List<String>> look) {
        console.redraw(look.get());
        while (pause.getAsBoolean() && !console.outputClosed()) {
            try {
                console.redraw(look.get());
            } catch (CordwoodException e) {
                if (!e.retryable()) {
                    throw e;
                }
                console.notice(e.getMessage() + " [" + e.code() + "]");
            }
        }
    }

    private static boolean passes(Duration interval) {
        try {
            Thread.sleep(interval.toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
