package io.cordwood.server.tracing;

import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.handler.PropagatingReceiverTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingSenderTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelPropagator;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.Closeable;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Tracing whose spans go to a collector, as OTLP over HTTP. The only class that knows OpenTelemetry; a node
 * without tracing never loads it.
 *
 * <p>Invariants: a collector that is slow or away costs spans and nothing else: they wait in a queue of
 * {@value #QUEUED_SPANS}, and those that find it full are dropped.
 *
 * <p><b>Thread:</b> open and close by the owner; spans are sent by a thread of the exporter.
 */
public final class OtlpTracing implements Closeable {
    private static final int QUEUED_SPANS = 2_048;
    private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LAST_SPANS = Duration.ofSeconds(1);
    /**
     * Logs through the JDK, in a form of its own; {@link ReportedExports} says what there is to say. Held,
     * or the level would be forgotten.
     */
    private static final Logger LIBRARY = Logger.getLogger("io.opentelemetry");

    private final SdkTracerProvider provider;
    private final Tracing tracing;

    private OtlpTracing(SdkTracerProvider provider, Tracing tracing) {
        this.provider = provider;
        this.tracing = tracing;
    }

    /**
     * @param endpoint the collector's address for traces, path included
     * @param sampleRatio of traces that begin here; of others the caller has decided
     */
    public static OtlpTracing open(URI endpoint, double sampleRatio, int nodeId) {
        LIBRARY.setLevel(Level.OFF);
        var exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint.toString())
                .setTimeout(EXPORT_TIMEOUT)
                .build();
        var provider = SdkTracerProvider.builder()
                .setResource(Resource.create(Attributes.builder()
                        .put("service.name", "cordwood")
                        .put("service.instance.id", Integer.toString(nodeId))
                        .build()))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(sampleRatio)))
                .addSpanProcessor(BatchSpanProcessor.builder(new ReportedExports(exporter, endpoint))
                        .setMaxQueueSize(QUEUED_SPANS)
                        .build())
                .build();
        return new OtlpTracing(provider, new Tracing(registry(provider)));
    }

    private static ObservationRegistry registry(SdkTracerProvider provider) {
        var otel = provider.get("io.cordwood.server");
        var tracer = new OtelTracer(otel, new OtelCurrentTraceContext(), event -> {});
        var propagator = new OtelPropagator(ContextPropagators.create(W3CTraceContextPropagator.getInstance()), otel);
        var registry = ObservationRegistry.create();
        registry.observationConfig()
                .observationHandler(new ObservationHandler.FirstMatchingCompositeObservationHandler(
                        new PropagatingSenderTracingObservationHandler<>(tracer, propagator),
                        new PropagatingReceiverTracingObservationHandler<>(tracer, propagator)));
        return registry;
    }

    public Tracing tracing() {
        return tracing;
    }

    /** Sends what is left, unless that takes long. */
    @Override
    public void close() {
        provider.shutdown().join(LAST_SPANS.toMillis(), TimeUnit.MILLISECONDS);
    }
}
