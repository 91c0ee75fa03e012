package io.cordwood.server.tracing;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps spans instead of sending them. Every trace is recorded.
 *
 * <p>Thread: any.
 */
public final class RecordedSpans implements ObservationHandler<Observation.Context> {
    private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-";

    private final AtomicLong ids = new AtomicLong();
    private final Map<Observation.ContextView, String> headers = new ConcurrentHashMap<>();
    private final List<Span> ended = new CopyOnWriteArrayList<>();

    /**
     * One that has ended.
     *
     * @param header names it
     * @param parent the header of the span before it, or what the caller sent; null where there is none
     */
    public record Span(String name, String header, @Nullable String parent, Map<String, String> attributes) {}

    public Tracing tracing() {
        var registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(this);
        return new Tracing(registry);
    }

    public List<Span> ended() {
        return ended;
    }

    public Span of(String name) {
        return ended.stream()
                .filter(span -> span.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + name + " in " + ended));
    }

    @Override
    public void onStart(Observation.Context context) {
        var header = TRACE + "%016x-01".formatted(ids.incrementAndGet());
        headers.put(context, header);
        if (context instanceof SenderContext<?> sender) {
            set(sender, header);
        }
    }

    private static <C> void set(SenderContext<C> sender, String header) {
        sender.getSetter().set(sender.getCarrier(), CallTrace.PARENT, header);
    }

    @Override
    public void onStop(Observation.Context context) {
        var attributes =
                context.getAllKeyValues().stream().collect(Collectors.toMap(KeyValue::getKey, KeyValue::getValue));
        ended.add(new Span(
                Objects.requireNonNull(context.getContextualName()),
                Objects.requireNonNull(headers.get(context)),
                parent(context),
                attributes));
    }

    private @Nullable String parent(Observation.Context context) {
        if (context instanceof ReceiverContext<?> receiver) {
            return get(receiver);
        }
        var parent = context.getParentObservation();
        return parent == null ? null : headers.get(parent.getContextView());
    }

    private static <C> @Nullable String get(ReceiverContext<C> receiver) {
        var carrier = receiver.getCarrier();
        return carrier == null ? null : receiver.getGetter().get(carrier, CallTrace.PARENT);
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
        return true;
    }
}
