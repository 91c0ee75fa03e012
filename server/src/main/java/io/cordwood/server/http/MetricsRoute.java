package io.cordwood.server.http;

import io.cordwood.server.metrics.NodeMetrics;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * The page that Prometheus reads. There is one form of it, whatever the scraper prefers: every one takes
 * it.
 *
 * <p>Invariant: few pages are held at once, however slowly they are read.
 *
 * <p><b>Thread:</b> any that may take its time: the page looks at every replica.
 */
final class MetricsRoute implements Route {
    private static final int PAGES_MAX = 8;

    private final Supplier<String> page;
    private final Semaphore pages = new Semaphore(PAGES_MAX);

    MetricsRoute(Supplier<String> page) {
        this.page = page;
    }

    @Override
    public void serve(HttpCall call) throws IOException {
        call.requireMethod(List.of(HttpCall.GET, HttpCall.HEAD));
        if (!pages.tryAcquire()) {
            throw HttpRefusedException.allTaken("pages of metrics", PAGES_MAX);
        }
        try {
            call.answer(new HttpAnswer(HttpAnswer.OK, NodeMetrics.CONTENT_TYPE, page.get(), Map.of()));
        } finally {
            pages.release();
        }
    }
}
