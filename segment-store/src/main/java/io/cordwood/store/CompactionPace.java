package io.cordwood.store;

import java.io.IOException;

/**
 * Slows a pass of compaction down, or ends it.
 *
 * <p><b>Thread:</b> the pass's.
 */
@FunctionalInterface
public interface CompactionPace {
    /** After so many bytes were read. An exception ends the pass; what it left behind is harmless. */
    void passed(int bytes) throws IOException;
}
