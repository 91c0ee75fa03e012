package io.cordwood.store;

import java.io.InterruptedIOException;

/**
 * Slows a pass of compaction down, or ends it.
 *
 * <p><b>Thread:</b> the pass's.
 */
@FunctionalInterface
public interface CompactionPace {
    /**
     * After so many bytes were read. An exception ends the pass; what it left behind is harmless.
     *
     * @throws InterruptedIOException which no read that failed is
     */
    void passed(int bytes) throws InterruptedIOException;
}
