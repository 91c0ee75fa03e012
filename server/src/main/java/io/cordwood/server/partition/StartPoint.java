package io.cordwood.server.partition;

import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import java.util.Optional;

/**
 * Where a reader begins: {@code earliest}, {@code latest}, an offset such as {@code 42}, or {@code last:10}. Empty means
 * earliest.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param number the offset or the count of records; 0 where the kind needs none
 */
public record StartPoint(Kind kind, long number) {
    private static final String FORMS = "earliest, latest, an offset such as 42, or last:10";
    private static final String NUMBER = "[0-9]{1,18}";
    private static final String LAST = "last:";

    enum Kind {
        EARLIEST,
        LATEST,
        OFFSET,
        LAST
    }

    static StartPoint at(long offset) {
        return new StartPoint(Kind.OFFSET, offset);
    }

    /** @throws io.cordwood.server.cluster.RefusedException when the text has none of the forms */
    public static StartPoint parse(String text) {
        if (text.isEmpty() || text.equals("earliest")) {
            return new StartPoint(Kind.EARLIEST, 0);
        }
        if (text.equals("latest")) {
            return new StartPoint(Kind.LATEST, 0);
        }
        if (text.matches(NUMBER)) {
            return new StartPoint(Kind.OFFSET, Long.parseLong(text));
        }
        if (text.startsWith(LAST) && text.substring(LAST.length()).matches(NUMBER)) {
            return new StartPoint(Kind.LAST, Long.parseLong(text.substring(LAST.length())));
        }
        throw Refusal.field(Reason.INVALID_ARGUMENT, "start", text, FORMS).exception();
    }

    /** The offset that is meant; it may lie outside the log where an offset was given. */
    public long resolve(long logStartOffset, long highWatermark) {
        return switch (kind) {
            case EARLIEST -> logStartOffset;
            case LATEST -> highWatermark;
            case OFFSET -> number;
            case LAST -> Math.max(logStartOffset, highWatermark - number);
        };
    }

    /** The refusal of an offset outside {@code [logStartOffset, logEndOffset]}. */
    public static Optional<Refusal> outOfRange(long offset, long logStartOffset, long logEndOffset) {
        if (logStartOffset <= offset && offset <= logEndOffset) {
            return Optional.empty();
        }
        return Optional.of(Refusal.of(
                        Reason.OFFSET_OUT_OF_RANGE,
                        "offset " + offset + " lies outside the log, [" + logStartOffset + ", " + logEndOffset
                                + "]; begin at earliest or latest")
                .with(Refusal.VALUE, offset)
                .with("log_start_offset", logStartOffset)
                .with("log_end_offset", logEndOffset));
    }
}
