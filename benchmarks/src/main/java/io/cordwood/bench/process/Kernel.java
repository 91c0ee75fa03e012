package io.cordwood.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Brings the machine's page cache into a known state.
 *
 * <p><b>Thread:</b> any.
 */
public final class Kernel {
    private static final long SYNC_MINUTES = 10;
    private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

    private Kernel() {}

    /** Writes out what is dirty, so that nobody pays for what came before. */
    public static void sync() throws IOException {
        var sync = new ProcessBuilder("sync").inheritIO().start();
        try {
            if (!sync.waitFor(SYNC_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException("sync did not end within " + SYNC_MINUTES + " minutes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Whether this process may empty the page cache: only the system's administrator may. */
    public static boolean canDropCaches() {
        return Files.isWritable(DROP_CACHES);
    }

    /** Whether the page cache is empty now. */
    public static boolean dropCaches() throws IOException {
        sync();
        if (!canDropCaches()) {
            return false;
        }
        Files.writeString(DROP_CACHES, "1");
        return true;
    }
}
