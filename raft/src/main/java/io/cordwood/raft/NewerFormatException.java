package io.cordwood.raft;

/** Bytes of a format, version or kind that this program does not know. Never skipped: whoever meets it stops. */
final class NewerFormatException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NewerFormatException(String message) {
        super(message);
    }

    NewerFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
