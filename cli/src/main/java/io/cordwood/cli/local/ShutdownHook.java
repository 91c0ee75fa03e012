package io.cordwood.cli.local;

/**
 * What is to be done where the process is ended from outside.
 *
 * <p><b>Thread:</b> any.
 */
public final class ShutdownHook {
    private final Thread thread;

    private ShutdownHook(Thread thread) {
        this.thread = thread;
    }

    public static ShutdownHook add(String name, Runnable task) {
        var thread = new Thread(task, name);
        Runtime.getRuntime().addShutdownHook(thread);
        return new ShutdownHook(thread);
    }

    /** False where the process is ending already and the hook does its work. */
    public boolean remove() {
        try {
            return Runtime.getRuntime().removeShutdownHook(thread);
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
