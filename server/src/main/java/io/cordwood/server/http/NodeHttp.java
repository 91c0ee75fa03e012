package io.cordwood.server.http;

import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.health.Readiness;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A node's HTTP port with all that it answers.
 *
 * <p>Invariant: health and metrics are answered from the open to the close; calls and tails from {@link
 * #serve} on.
 *
 * <p><b>Thread:</b> the owner's.
 */
public final class NodeHttp {
    public static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final HttpPort port;
    private final Router router;
    private final Settings settings;

    /** @param heartbeat of a tail without records */
    public record Settings(InetSocketAddress bind, int maxCalls, int maxTails, int bodyMaxBytes, Duration heartbeat) {}

    /**
     * What is told of the node itself.
     *
     * @param metricsPage made anew for each request, on its thread
     */
    public record About(int nodeId, Readiness readiness, Supplier<String> metricsPage) {}

    private NodeHttp(HttpPort port, Router router, Settings settings) {
        this.port = port;
        this.router = router;
        this.settings = settings;
    }

    /**
     * Takes the address and answers for health and metrics.
     *
     * @throws IOException that says in one line what to do, where the address cannot be had
     */
    public static NodeHttp open(Settings settings, About about, UncaughtExceptionHandler onFailure) throws IOException {
        var health = new HealthRoutes(about.nodeId(), about.readiness());
        var router = new Router(
                settings.bind(),
                Map.<String, Route>of(
                        "/healthz", health::alive,
                        "/readyz", health::ready,
                        "/metrics", new MetricsRoute(about.metricsPage())));
        var port = HttpPort.open(settings.bind(), HttpPort.Limits.DEFAULT, router, onFailure);
        port.start();
        return new NodeHttp(port, router, settings);
    }

    /** Answers calls and tails from now on. */
    public void serve(Channel channel, List<MethodDescriptor<?, ?>> methods) {
        router.open(new Router.Services(
                new JsonGateway(channel, methods, new JsonGateway.Limits(settings.maxCalls(), settings.bodyMaxBytes())),
                new TailRoute(channel, settings.maxTails(), settings.heartbeat())));
    }

    /** The port that is bound. */
    public int port() {
        return port.port();
    }

    /** Waits for answers that are under way until the deadline, then cuts them off. */
    public void close(Deadline deadline) throws InterruptedException {
        port.close(deadline);
    }
}
