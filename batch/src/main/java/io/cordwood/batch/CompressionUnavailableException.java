package io.cordwood.batch;

/**
 * A codec was asked for whose library is not on the class path, or whose native part does not load here.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class CompressionUnavailableException extends RuntimeException {
    private final Compression compression;
    private final String artifact;

    CompressionUnavailableException(Compression compression, String artifact, Throwable cause) {
        super(compression + " needs " + artifact + " on the class path: " + cause, cause);
        this.compression = compression;
        this.artifact = artifact;
    }

    public Compression compression() {
        return compression;
    }

    /** Maven coordinates without a version, {@code group:artifact}. */
    public String artifact() {
        return artifact;
    }
}
