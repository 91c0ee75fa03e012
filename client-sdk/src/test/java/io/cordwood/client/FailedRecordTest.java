package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.RecordHeader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class FailedRecordTest {
    private static final FailurePolicy.Requeue TOPICS =
            new FailurePolicy.Requeue("orders.retry", "orders.dead", 2, Duration.ofSeconds(30));
    private final Exception reason = new IllegalStateException("the database is away");

    @Test
    void recordIsWholeAndSaysWhatHappened() {
        var header = new RecordHeader("trace", "abc".getBytes(UTF_8));

        var written = FailedRecord.of(record("orders", 42, List.of(header)), 3, reason, TOPICS, 5_000);

        assertThat(written.topic()).isEqualTo("orders.retry");
        assertThat(written.partition()).isNull();
        assertThat(written.key()).isEqualTo("key".getBytes(UTF_8));
        assertThat(written.value()).isEqualTo("value".getBytes(UTF_8));
        assertThat(written.timestampMs()).isEqualTo(77L);
        assertThat(written.headers().get(0)).isEqualTo(header);
        assertThat(texts(written))
                .containsEntry("cordwood-origin", "orders-3@42")
                .containsEntry("cordwood-round", "1")
                .containsEntry("cordwood-attempts", "3")
                .containsEntry("cordwood-failed-ms", "5000")
                .containsEntry("cordwood-due-ms", "35000")
                .containsEntry("cordwood-reason", "java.lang.IllegalStateException: the database is away");
    }

    @Test
    void afterItsRoundsItGoesToTheDeadLetterTopicAndItsOriginStays() {
        var first = FailedRecord.of(record("orders", 42, List.of()), 1, reason, TOPICS, 1_000);
        var second = FailedRecord.of(reread(first, 7), 1, reason, TOPICS, 2_000);
        var third = FailedRecord.of(reread(second, 9), 1, reason, TOPICS, 3_000);

        assertThat(second.topic()).isEqualTo("orders.retry");
        assertThat(third.topic()).isEqualTo("orders.dead");
        assertThat(texts(third))
                .containsEntry("cordwood-origin", "orders-3@42")
                .containsEntry("cordwood-round", "3")
                .containsEntry("cordwood-attempts", "3")
                .doesNotContainKey("cordwood-due-ms");
        assertThat(third.headers()).hasSize(5);
    }

    @Test
    void dueTimeIsRead() {
        var written = FailedRecord.of(record("orders", 42, List.of()), 1, reason, TOPICS, 1_000);

        assertThat(FailedRecord.dueMs(reread(written, 0))).hasValue(31_000);
        assertThat(FailedRecord.dueMs(record("orders", 1, List.of()))).isEmpty();
        var foreign = new RecordHeader("cordwood-due-ms", "tomorrow".getBytes(UTF_8));
        assertThat(FailedRecord.dueMs(record("orders", 1, List.of(foreign)))).isEmpty();
        assertThat(FailedRecord.dueMs(record("orders", 1, List.of(new RecordHeader("cordwood-due-ms", null)))))
                .isEmpty();
    }

    @Test
    void longReasonIsCut() {
        var reason = new IllegalStateException("x".repeat(5_000));

        var written = FailedRecord.of(record("orders", 42, List.of()), 1, reason, TOPICS, 1_000);

        assertThat(texts(written).get("cordwood-reason")).hasSize(1_000);
    }

    private static ConsumedRecord record(String topic, long offset, List<RecordHeader> headers) {
        return new ConsumedRecord(
                new TopicPartition(topic, 3),
                new ConsumedRecord.BatchPlace(offset, 77, 3),
                "key".getBytes(UTF_8),
                "value".getBytes(UTF_8),
                headers);
    }

    private static ConsumedRecord reread(ProducerRecord written, long offset) {
        return record(written.topic(), offset, written.headers());
    }

    private static Map<String, String> texts(ProducerRecord written) {
        return written.headers().stream()
                .collect(Collectors.toMap(
                        RecordHeader::key, header -> new String(Objects.requireNonNull(header.value()), UTF_8)));
    }
}
