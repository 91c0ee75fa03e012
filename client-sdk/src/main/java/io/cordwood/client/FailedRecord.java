package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cordwood.batch.RecordHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A record on its way to a retry or dead-letter topic, and how such a record is read: key, value, time and
 * headers as they were, and what happened in headers of its own, whose values are UTF-8 text.
 *
 * <table>
 * <caption>Headers</caption>
 * <tr><td>{@code cordwood-origin}</td><td>where it was read first, {@code orders-3@42}</td></tr>
 * <tr><td>{@code cordwood-round}</td><td>how often it has been requeued, from 1</td></tr>
 * <tr><td>{@code cordwood-attempts}</td><td>how often its handler was started in all rounds</td></tr>
 * <tr><td>{@code cordwood-failed-ms}</td><td>when it failed last, milliseconds since 1970</td></tr>
 * <tr><td>{@code cordwood-due-ms}</td><td>when it is handled again; not in a dead-letter topic</td></tr>
 * <tr><td>{@code cordwood-reason}</td><td>the last failure, cut to 1,000 characters; absent where the record would not fit with it</td></tr>
 * </table>
 *
 * <p>Invariant: no header of these is there twice, also after many rounds.
 */
final class FailedRecord {
    static final String ORIGIN = "cordwood-origin";
    static final String ROUND = "cordwood-round";
    static final String ATTEMPTS = "cordwood-attempts";
    static final String FAILED_MS = "cordwood-failed-ms";
    static final String DUE_MS = "cordwood-due-ms";
    static final String REASON = "cordwood-reason";

    private static final List<String> OURS = List.of(ORIGIN, ROUND, ATTEMPTS, FAILED_MS, DUE_MS, REASON);
    private static final int REASON_MAX_CHARS = 1_000;

    private FailedRecord() {}

    /** What is to be written for a record that failed so many attempts just now. */
    static ProducerRecord of(
            ConsumedRecord record, int attempts, Throwable reason, FailurePolicy.Requeue topics, long wallMs) {
        long round = number(record, ROUND).orElse(0) + 1;
        boolean again = round <= topics.rounds();
        var headers = new ArrayList<RecordHeader>();
        record.headers().stream().filter(header -> !OURS.contains(header.key())).forEach(headers::add);
        headers.add(header(ORIGIN, Objects.requireNonNullElse(text(record, ORIGIN), record.toString())));
        headers.add(header(ROUND, Long.toString(round)));
        headers.add(header(ATTEMPTS, Long.toString(number(record, ATTEMPTS).orElse(0) + attempts)));
        headers.add(header(FAILED_MS, Long.toString(wallMs)));
        if (again) {
            headers.add(header(DUE_MS, Long.toString(wallMs + topics.delay().toMillis())));
        }
        headers.add(header(REASON, shortened(reason.toString())));
        return new ProducerRecord(
                again ? topics.retryTopic() : topics.deadLetterTopic(),
                null,
                record.key(),
                record.value(),
                headers,
                record.timestampMs() < 0 ? null : record.timestampMs());
    }

    /** As it is written where it is too large otherwise; empty where that is done already. */
    static Optional<ProducerRecord> withoutReason(ProducerRecord failed) {
        var headers = failed.headers().stream()
                .filter(header -> !header.key().equals(REASON))
                .toList();
        return headers.size() == failed.headers().size()
                ? Optional.empty()
                : Optional.of(new ProducerRecord(
                        failed.topic(), null, failed.key(), failed.value(), headers, failed.timestampMs()));
    }

    /** When it is to be handled, milliseconds since 1970; empty for one that may be handled at once. */
    static OptionalLong dueMs(ConsumedRecord record) {
        return number(record, DUE_MS);
    }

    private static OptionalLong number(ConsumedRecord record, String name) {
        var text = text(record, name);
        try {
            return text == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            // Somebody else's header of that name must not stop the partition.
            return OptionalLong.empty();
        }
    }

    private static @Nullable String text(ConsumedRecord record, String name) {
        for (var header : record.headers()) {
            var value = header.value();
            if (header.key().equals(name) && value != null) {
                return new String(value, UTF_8);
            }
        }
        return null;
    }

    private static RecordHeader header(String name, String text) {
        return new RecordHeader(name, text.getBytes(UTF_8));
    }

    private static String shortened(String text) {
        return text.length() <= REASON_MAX_CHARS ? text : text.substring(0, REASON_MAX_CHARS);
    }
}
