package io.cordwood.server.tracing;

import io.cordwood.server.tracing.RecentBatches.Batch;
import io.cordwood.server.tracing.RecentBatches.Range;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Follows single batches through the node: publish, commit, delivery.
 *
 * <p>Invariants: where it is off, nothing is made or remembered for a batch. What is remembered for
 * deliveries is bounded.
 *
 * <p><b>Thread:</b> any.
 */
public final class Tracing {
    public static final Tracing OFF = new Tracing(ObservationRegistry.NOOP);

    private static final int RECENT_BATCHES = 1_024;
    /** In one chunk; a catch-up over many traced batches is not worth more spans. */
    private static final int DELIVERY_SPANS = 64;

    private final Spans spans;
    private final boolean on;
    private final RecentBatches recent = new RecentBatches(RECENT_BATCHES);

    /** @param registry has its handlers already; they make spans, and decide which are recorded */
    public Tracing(ObservationRegistry registry) {
        this.spans = new Spans(registry);
        this.on = !registry.isNoop();
    }

    public boolean isOn() {
        return on;
    }

    Spans spans() {
        return spans;
    }

    /** A batch came. */
    public BatchTrace publish(CallTrace caller, String topic, int partition) {
        if (!isOn()) {
            return BatchTrace.NONE;
        }
        var place = new Place(topic, partition);
        return new BatchTrace(this, place, spans.continued("publish", Kind.SERVER, place, caller.headers()));
    }

    void committed(Batch batch) {
        if (isRecorded(batch.headers())) {
            int before = recent.committed(batch);
            Stream.generate(() -> delivered(batch))
                    .limit(Math.min(before, DELIVERY_SPANS))
                    .forEach(Observation::stop);
        }
    }

    /** The last bit says whether somebody records the trace. */
    private static boolean isRecorded(Map<String, String> headers) {
        var parent = headers.getOrDefault(CallTrace.PARENT, "0");
        return (Character.digit(parent.charAt(parent.length() - 1), 16) & 1) == 1;
    }

    /**
     * Records are about to be handed to a reader.
     *
     * @param endOffset exclusive
     */
    public Delivery delivery(String topic, int partition, long startOffset, long endOffset) {
        if (!isOn()) {
            return Delivery.NONE;
        }
        var found = recent.delivered(new Range(new Place(topic, partition), startOffset, endOffset), DELIVERY_SPANS);
        return found.isEmpty()
                ? Delivery.NONE
                : new Delivery(found.stream().map(this::delivered).toList());
    }

    private Observation delivered(Batch batch) {
        var range = batch.range();
        return spans.continued("deliver", Kind.CONSUMER, range.place(), batch.headers())
                .highCardinalityKeyValue("cordwood.base_offset", Long.toString(range.start()))
                .highCardinalityKeyValue("cordwood.end_offset", Long.toString(range.end()));
    }
}
