package io.cordwood.batch;

/**
 * Bytes that are not a record batch, or not a whole one. {@link #field()} names the place that contradicts the format.
 *
 * <p><b>Thread:</b> immutable.
 */
public sealed class MalformedBatchException extends RuntimeException permits DecompressionLimitException {
    private final String field;

    public MalformedBatchException(String field, String detail) {
        super(field + ": " + detail);
        this.field = field;
    }

    MalformedBatchException(String field, String detail, Throwable cause) {
        super(field + ": " + detail, cause);
        this.field = field;
    }

    public final String field() {
        return field;
    }
}
