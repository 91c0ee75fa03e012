package io.cordwood.raft;

import java.io.IOException;

/** The payload of a raft entry that a follower needs is neither in memory nor in the segment files, or is not read to the end. */
final class PayloadUnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    PayloadUnavailableException(String message) {
        super(message);
    }

    PayloadUnavailableException(String message, IOException cause) {
        super(message, cause);
    }
}
