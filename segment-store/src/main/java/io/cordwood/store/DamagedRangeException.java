package io.cordwood.store;

import java.io.IOException;

/**
 * A read of what is known to be damaged here: the file waits for the bytes of another replica.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class DamagedRangeException extends IOException {
    private static final long serialVersionUID = 1L;

    public DamagedRangeException(String file, OffsetRange offsets, String reason) {
        super("offsets " + offsets + " of " + file + " are damaged here: " + reason);
    }
}
