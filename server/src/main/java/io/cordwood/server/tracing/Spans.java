package io.cordwood.server.tracing;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import java.util.Map;
import java.util.Objects;

/**
 * Begins spans. Parents are named and never taken from the thread: a batch changes threads all the way.
 *
 * <p><b>Thread:</b> any.
 */
record Spans(ObservationRegistry registry) {
    private static final String SYSTEM = "cordwood";

    /** Of what comes with the headers of the span before it. */
    Observation continued(String what, Kind kind, Place place, Map<String, String> headers) {
        var context = new ReceiverContext<Map<String, String>>(Map::get, kind);
        context.setCarrier(headers);
        return begun(what, place, context, Observation.NOOP);
    }

    /** @param headers takes those that name the span that begins */
    Observation handedOn(String what, Place place, Observation parent, Map<String, String> headers) {
        var context = new SenderContext<Map<String, String>>(
                (carrier, key, value) -> Objects.requireNonNull(carrier).put(key, value), Kind.PRODUCER);
        context.setCarrier(headers);
        return begun(what, place, context, parent);
    }

    /** Names and attributes as OpenTelemetry has them for messages. */
    private Observation begun(String what, Place place, Observation.Context context, Observation parent) {
        return Observation.createNotStarted(SYSTEM + "." + what, () -> context, registry)
                .contextualName(what + " " + place.topic())
                .parentObservation(parent.isNoop() ? null : parent)
                .highCardinalityKeyValue("messaging.system", SYSTEM)
                .highCardinalityKeyValue("messaging.operation.name", what)
                .highCardinalityKeyValue("messaging.destination.name", place.topic())
                .highCardinalityKeyValue("messaging.destination.partition.id", Integer.toString(place.partition()))
                .start();
    }
}
