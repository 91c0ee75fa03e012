package io.cordwood.store;

/**
 * Tells a write that failed because the disk is full from one that failed because the disk does. The JDK
 * and RocksDB give the system's own words for it, and nothing else that says so.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class NoSpace {
    private static final String NO_SPACE = "No space left on device"; // ENOSPC
    private static final String QUOTA = "Disk quota exceeded"; // EDQUOT

    private NoSpace() {}

    public static boolean isCauseOf(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            var text = String.valueOf(each.getMessage());
            if (text.contains(NO_SPACE) || text.contains(QUOTA)) {
                return true;
            }
        }
        return false;
    }
}
