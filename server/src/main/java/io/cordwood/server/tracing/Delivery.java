package io.cordwood.server.tracing;

import io.micrometer.observation.Observation;
import java.util.List;

/**
 * The spans of batches that are handed to one reader.
 *
 * <p><b>Thread:</b> the reader's.
 */
public final class Delivery {
    static final Delivery NONE = new Delivery(List.of());

    private final List<Observation> spans;

    Delivery(List<Observation> spans) {
        this.spans = List.copyOf(spans);
    }

    /** The transport has them. */
    public void sent() {
        spans.forEach(Observation::stop);
    }
}
