package io.cordwood.chaos.workload;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.grpc.protobuf.StatusProto;
import java.net.ConnectException;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/**
 * What is known of a write that was not acknowledged.
 *
 * <p>Invariant: certain only where the answer says that nothing was written, or where nothing can have been
 * sent; a checker takes a certain one that shows up later for a violation. Timeouts and lost connections
 * decide nothing.
 *
 * @param isCertain whether it certainly has no effect and never will
 * @param why the reason by name, and the beginning of the sentence
 * @param details of the answer, by name
 */
record Outcome(boolean isCertain, String why, Map<String, String> details) {
    private static final String DOMAIN = "cordwood";
    private static final int WHY_MAX_CHARS = 160;

    /**
     * Reasons of a single try that are decided before anything is appended. Not among them: NOT_LEADER and
     * REQUEST_TIMED_OUT, which may come after the append; INTERNAL and SHUTTING_DOWN, which say nothing of it.
     */
    private static final Set<String> BEFORE_THE_APPEND = Set.of(
                    ErrorCode.UNKNOWN_TOPIC,
                    ErrorCode.PARTITION_OUT_OF_RANGE,
                    ErrorCode.INVALID_ARGUMENT,
                    ErrorCode.RECORD_TOO_LARGE,
                    ErrorCode.TIMESTAMP_OUT_OF_RANGE,
                    ErrorCode.END_OFFSET_MISMATCH,
                    ErrorCode.NOT_REPLICA,
                    ErrorCode.LEADER_UNKNOWN,
                    ErrorCode.OVERLOADED,
                    ErrorCode.NOT_JOINED,
                    ErrorCode.METADATA_UNAVAILABLE,
                    ErrorCode.DISK_SPACE_LOW)
            .stream()
            .map(ErrorCode::name)
            .collect(Collectors.toUnmodifiableSet());

    /** Settings of a producer whose limits are met before a record is in its buffer. */
    private static final Set<String> BEFORE_THE_BUFFER = Set.of("bufferBytes", "maxBlock");

    /** Of a single call, which nobody repeated. */
    static Outcome ofCall(Throwable failure) {
        var status = StatusProto.fromThrowable(failure);
        if (status != null) {
            for (var detail : status.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    try {
                        var info = detail.unpack(ErrorInfo.class);
                        if (info.getDomain().equals(DOMAIN)) {
                            return of(info, status.getMessage());
                        }
                    } catch (InvalidProtocolBufferException e) {
                        return new Outcome(false, shortened("unreadable answer: " + e.getMessage()), Map.of());
                    }
                }
            }
        }
        // Retries of the connection's own are switched off: what found no connection was never sent.
        return new Outcome(wasRefusedConnection(failure), shortened(failure.toString()), Map.of());
    }

    private static Outcome of(ErrorInfo info, String message) {
        var details = info.getMetadataMap();
        boolean nothingDone =
                info.getReason().equals(ErrorCode.NOT_LEADER.name()) && "nothing_done".equals(details.get("outcome"));
        return new Outcome(
                nothingDone || BEFORE_THE_APPEND.contains(info.getReason()),
                shortened(info.getReason() + ": " + message),
                details);
    }

    /**
     * Of a record that was given to a {@link io.cordwood.client.Producer}, which repeats by itself: a refusal of
     * its last try says nothing of those before.
     */
    static Outcome ofSend(Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (!(cause instanceof CordwoodException refused)) {
            return new Outcome(false, shortened(String.valueOf(cause)), Map.of());
        }
        var details = refused.details();
        boolean neverSent = "not written".equals(details.get("outcome"))
                || BEFORE_THE_BUFFER.contains(details.getOrDefault("setting", ""));
        return new Outcome(neverSent, shortened(refused.code() + ": " + refused.getMessage()), details);
    }

    /** The end for which an append was refused that expected another one. */
    OptionalLong foundEnd() {
        return why.startsWith(ErrorCode.END_OFFSET_MISMATCH.name()) ? number("end_offset") : OptionalLong.empty();
    }

    /** The log start, where a read was refused because its offset lies below it. */
    OptionalLong logStartAbove(long offset) {
        var logStart = why.startsWith(ErrorCode.OFFSET_OUT_OF_RANGE.name())
                ? number("log_start_offset")
                : OptionalLong.empty();
        return logStart.isPresent() && logStart.getAsLong() > offset ? logStart : OptionalLong.empty();
    }

    private OptionalLong number(String name) {
        try {
            return OptionalLong.of(Long.parseLong(details.getOrDefault(name, "")));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static boolean wasRefusedConnection(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException) {
                return true;
            }
        }
        return false;
    }

    private static String shortened(String text) {
        return text.length() <= WHY_MAX_CHARS ? text : text.substring(0, WHY_MAX_CHARS) + "...";
    }
}
