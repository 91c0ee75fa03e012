package io.cordwood.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OtlpTracingTest {
    private static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String RECORDED = "00-" + TRACE_ID + "-00f067aa0ba902b7-01";

    /** What collectors are sent, each byte a character. */
    private final Queue<String> received = new ConcurrentLinkedQueue<>();

    private HttpServer collector;

    @BeforeEach
    void open() throws IOException {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
    }

    @AfterEach
    void close() {
        collector.stop(0);
    }

    private URI endpoint() {
        return URI.create("http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces");
    }

    private static void follow(Tracing tracing, CallTrace caller) {
        var trace = tracing.publish(caller, "orders", 0);
        trace.committing();
        trace.committed(7, 9, false);
        tracing.delivery("orders", 0, 0, 9).sent();
    }

    @Test
    void traceThatTheCallerRecordsReachesTheCollector() {
        try (var otlp = OtlpTracing.open(endpoint(), 0, 1)) {
            follow(otlp.tracing(), new CallTrace(Map.of(CallTrace.PARENT, RECORDED)));
        }

        var id = new String(HexFormat.of().parseHex(TRACE_ID), StandardCharsets.ISO_8859_1);
        await().untilAsserted(() -> assertThat(String.join("", received))
                .contains("publish orders", "commit orders", "deliver orders", "service.name", "cordwood", id));
    }

    @Test
    void traceThatBeginsHereIsRecordedAsOftenAsAsked() {
        try (var none = OtlpTracing.open(endpoint(), 0, 1)) {
            follow(none.tracing(), CallTrace.NONE);
        }
        assertThat(received).isEmpty();

        try (var all = OtlpTracing.open(endpoint(), 1, 1)) {
            follow(all.tracing(), CallTrace.NONE);
        }
        await().untilAsserted(() -> assertThat(String.join("", received)).contains("deliver orders"));
    }

    @Test
    void collectorThatIsAwayIsNoFaultOfTheNode() {
        var nobody = URI.create("http://127.0.0.1:1/v1/traces");
        try (var otlp = OtlpTracing.open(nobody, 1, 1)) {
            for (int i = 0; i < 5_000; i++) {
                follow(otlp.tracing(), CallTrace.NONE);
            }
        }

        assertThat(received).isEmpty();
    }
}
