package io.cordwood.raft;

/** No metadata leader answered within the time given. Whether a command was applied is unknown; it may be repeated. */
public final class MetadataUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MetadataUnavailableException(String message) {
        super(message);
    }

    MetadataUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
