package io.cordwood.chaos;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends the process when a run takes too long, whatever hangs: says where every thread is, and leaves no
 * process behind.
 *
 * <p><b>Thread:</b> any; it has one of its own.
 */
final class Watchdog {
    private static final int FAILED = 1;
    private static final long EXIT_SECONDS = 30;
    private static final long LEAVE_SECONDS = 10;

    private final CountDownLatch over = new CountDownLatch(1);

    private Watchdog() {}

    /**
     * @param limit from now on
     * @param lastWords keeps what is there; it may hang, too, and is not waited for then
     * @param leave takes away what would outlive the process, where no hook does; it is waited for shortly
     */
    static Watchdog start(Duration limit, Runnable lastWords, Runnable leave) {
        var watchdog = new Watchdog();
        daemon("watchdog", () -> watchdog.watch(limit, lastWords, leave));
        return watchdog;
    }

    private static Thread daemon(String name, Runnable task) {
        var thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** The run has ended by itself. */
    void close() {
        over.countDown();
    }

    private void watch(Duration limit, Runnable lastWords, Runnable leave) {
        try {
            if (over.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
            System.err.println("error: the run has not ended within " + limit.toMinutes() + " minutes");
            System.err.println(threads());
            daemon("watchdog-last-words", () -> {
                lastWords.run();
                // Runs the hooks, which end the servers and unmount their disks.
                System.exit(FAILED);
            });
            var unused = over.await(EXIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            // Nobody does that; and if so the end is the same.
        }
        if (over.getCount() > 0) {
            ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
            await(daemon("watchdog-leave", leave));
            Runtime.getRuntime().halt(FAILED);
        }
    }

    private static void await(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(LEAVE_SECONDS));
        } catch (InterruptedException e) {
            // The process ends here anyway.
        }
    }

    /** What each thread of this process does. */
    static String threads() {
        var text = new StringBuilder();
        for (Map.Entry<Thread, StackTraceElement[]> each :
                Thread.getAllStackTraces().entrySet()) {
            text.append('"')
                    .append(each.getKey().getName())
                    .append("\" ")
                    .append(each.getKey().getState())
                    .append('\n');
            for (var frame : each.getValue()) {
                text.append("    at ").append(frame).append('\n');
            }
        }
        return text.toString();
    }
}
