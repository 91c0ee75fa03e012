package io.cordwood.server.http;

import io.cordwood.server.metrics.NodeMetrics;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The page that Prometheus reads. There is one form of it, whatever the scraper prefers: every one takes
 * it.
 *
 * <p><b>Thread:</b> any that may take its time: the page looks at every replica.
 */
final class MetricsRoute implements Route {
    private final Supplier<String> page;

    MetricsRoute(Supplier<String> page) {
        this.page = page;
    }

    @Override
    public void serve(HttpCall call) throws IOException {
        call.requireMethod(List.of(HttpCall.GET, HttpCall.HEAD));
        call.answer(new HttpAnswer(HttpAnswer.OK, NodeMetrics.CONTENT_TYPE, page.get(), Map.of()));
    }
}
