package io.cordwood.store;

import java.io.IOException;

/**
 * A use of a log that its owner has closed: the replica was removed or is opened anew. A log that has closed itself
 * because it failed says the failure instead.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class LogClosedException extends IOException {
    public LogClosedException(String what) {
        super(what + " is closed");
    }
}
