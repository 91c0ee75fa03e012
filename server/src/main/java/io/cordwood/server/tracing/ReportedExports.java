package io.cordwood.server.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the node's log when spans cannot be sent, and when they can again: once each.
 *
 * <p><b>Thread:</b> any.
 */
final class ReportedExports implements SpanExporter {
    private static final Logger LOGGER = LoggerFactory.getLogger(ReportedExports.class);

    private final SpanExporter exporter;
    private final URI endpoint;
    private final AtomicBoolean failing = new AtomicBoolean();

    ReportedExports(SpanExporter exporter, URI endpoint) {
        this.exporter = exporter;
        this.endpoint = endpoint;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        var result = exporter.export(spans);
        return result.whenComplete(() -> report(result));
    }

    private void report(CompletableResultCode result) {
        boolean failed = !result.isSuccess();
        if (failing.compareAndSet(!failed, failed)) {
            if (failed) {
                LOGGER.warn("spans are lost: {} does not take them", endpoint, result.getFailureThrowable());
            } else {
                LOGGER.info("{} takes spans again", endpoint);
            }
        }
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
