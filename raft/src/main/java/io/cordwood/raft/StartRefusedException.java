package io.cordwood.raft;

/** A node must not start, or go on, with this data directory or configuration; the message says what to do. */
public final class StartRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StartRefusedException(String message) {
        super(message);
    }
}
