package io.cordwood.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TracingTest {
    private static final String CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private final RecordedSpans spans = new RecordedSpans();
    private final Tracing tracing = spans.tracing();

    private void publish(long baseOffset, long endOffset) {
        var trace = tracing.publish(new CallTrace(Map.of(CallTrace.PARENT, CALLER)), "orders", 3);
        trace.committing();
        trace.committed(baseOffset, endOffset, false);
    }

    @Test
    void eachSpanFollowsTheOneBeforeIt() {
        publish(10, 20);

        tracing.delivery("orders", 3, 12, 40).sent();

        assertThat(spans.of("publish orders").parent()).isEqualTo(CALLER);
        assertThat(spans.of("commit orders").parent())
                .isEqualTo(spans.of("publish orders").header());
        assertThat(spans.of("deliver orders").parent())
                .isEqualTo(spans.of("commit orders").header());
    }

    @Test
    void spansSayWhereTheBatchIs() {
        publish(10, 20);

        assertThat(spans.of("commit orders").attributes())
                .containsEntry("messaging.destination.name", "orders")
                .containsEntry("messaging.destination.partition.id", "3")
                .containsEntry("cordwood.base_offset", "10")
                .containsEntry("cordwood.end_offset", "20");
        assertThat(spans.of("publish orders").attributes()).containsEntry("cordwood.outcome", "appended");
    }

    @Test
    void otherOffsetsAndPartitionsAreNoDelivery() {
        publish(10, 20);

        tracing.delivery("orders", 3, 0, 10).sent();
        tracing.delivery("orders", 3, 20, 30).sent();
        tracing.delivery("orders", 4, 10, 20).sent();
        tracing.delivery("others", 3, 10, 20).sent();

        assertThat(spans.ended()).extracting(RecordedSpans.Span::name).doesNotContain("deliver orders");
    }

    /** It reads what a majority has while the publisher's answer is still on its way. */
    @Test
    void readerThatIsFasterThanTheAnswerHasItsSpan() {
        var trace = tracing.publish(CallTrace.NONE, "orders", 3);
        trace.committing();
        tracing.delivery("orders", 3, 10, 20).sent();

        trace.committed(10, 20, false);

        assertThat(spans.of("deliver orders").parent())
                .isEqualTo(spans.of("commit orders").header());
    }

    @Test
    void eachReaderHasItsSpan() {
        publish(10, 20);

        tracing.delivery("orders", 3, 10, 20).sent();
        tracing.delivery("orders", 3, 10, 20).sent();

        assertThat(spans.ended())
                .filteredOn(span -> span.name().equals("deliver orders"))
                .hasSize(2);
    }

    @Test
    void refusedBatchSaysWhyAndHasNoCommit() {
        tracing.publish(CallTrace.NONE, "orders", 3).refused("unknown_topic");

        assertThat(spans.ended()).hasSize(1);
        assertThat(spans.of("publish orders").attributes()).containsEntry("cordwood.outcome", "unknown_topic");
        assertThat(spans.of("publish orders").parent()).isNull();
    }

    @Test
    void batchThatWasThereBeforeIsNotDeliveredAgain() {
        var trace = tracing.publish(CallTrace.NONE, "orders", 3);
        trace.committing();
        trace.committed(10, 20, true);

        tracing.delivery("orders", 3, 10, 20).sent();

        assertThat(spans.of("publish orders").attributes()).containsEntry("cordwood.outcome", "duplicate");
        assertThat(spans.ended()).hasSize(2);
    }

    @Test
    void headersBeyondTheLimitArePassedOver() {
        var longest = "x".repeat(CallTrace.HEADER_MAX_CHARS);

        var trace = new CallTrace(Map.of(CallTrace.PARENT, longest, CallTrace.STATE, longest + "x"));

        assertThat(trace.headers()).containsOnly(Map.entry(CallTrace.PARENT, longest));
    }

    @Test
    void nothingIsMadeWhereItIsOff() {
        assertThat(Tracing.OFF.isOn()).isFalse();
        assertThat(Tracing.OFF.publish(CallTrace.NONE, "orders", 3)).isSameAs(BatchTrace.NONE);
        assertThat(Tracing.OFF.delivery("orders", 3, 0, 10)).isSameAs(Delivery.NONE);

        BatchTrace.NONE.committing();
        BatchTrace.NONE.committed(10, 20, false);
        assertThat(Tracing.OFF.delivery("", 0, 0, 100)).isSameAs(Delivery.NONE);
    }
}
