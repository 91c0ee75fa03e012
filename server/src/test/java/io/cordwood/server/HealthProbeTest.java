package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HealthProbeTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void readyNodeIsStatusZeroWithWhatItSaid() throws IOException {
        int status = askedBy("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"ready\":true}\n");

        assertThat(status).isZero();
        assertThat(printed()).isEqualTo("{\"ready\":true}");
    }

    @Test
    void nodeThatIsNotReadyIsStatusOneWithItsReasons() throws IOException {
        int status = askedBy("HTTP/1.0 503 Service Unavailable\r\n\r\n{\"reasons\":[\"not joined\"]}");

        assertThat(status).isEqualTo(1);
        assertThat(printed()).contains("not joined");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "200", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n"})
    void whatIsNoAnswerOf200IsNotReady(String answer) throws IOException {
        assertThat(askedBy(answer)).isEqualTo(1);
        assertThat(printed()).isNotBlank();
    }

    @Test
    void nobodyThereIsStatusOneWithTheAddress() throws IOException {
        int port;
        try (var socket = listening()) {
            port = socket.getLocalPort();
        }

        assertThat(run(List.of("127.0.0.1:" + port), Map.of())).isEqualTo(1);
        assertThat(printed()).contains("no answer from 127.0.0.1:" + port);
    }

    @Test
    void addressThatIsNoneIsNamed() {
        assertThat(run(List.of("nowhere"), Map.of())).isEqualTo(1);
        assertThat(printed()).contains("'nowhere'", "HOST:PORT");
    }

    @Test
    void nodeThatListensEverywhereIsAskedOnLoopback() throws IOException {
        try (var socket = listening()) {
            var answered = answer(socket, "HTTP/1.1 200 OK\r\n\r\n");

            var environment = Map.of("CORDWOOD_HTTP_BIND", "0.0.0.0:" + socket.getLocalPort());
            assertThat(run(List.of(), environment)).isZero();
            assertThat(answered.join()).startsWith("GET /readyz HTTP/1.0");
        }
    }

    private int askedBy(String answer) throws IOException {
        try (var socket = listening()) {
            var answered = answer(socket, answer);
            int status = run(List.of("127.0.0.1:" + socket.getLocalPort()), Map.of());
            answered.join();
            return status;
        }
    }

    private static ServerSocket listening() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    /** Answers one request and completes with it. */
    private static CompletableFuture<String> answer(ServerSocket socket, String answer) {
        return CompletableFuture.supplyAsync(() -> {
            try (var connection = socket.accept();
                    var lines = new BufferedReader(
                            new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII))) {
                var request = lines.lines().takeWhile(line -> !line.isEmpty()).collect(Collectors.joining("\n"));
                connection.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                return request;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private int run(List<String> arguments, Map<String, String> environment) {
        return HealthProbe.run(arguments, environment, new PrintStream(out, true, StandardCharsets.UTF_8));
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8).strip();
    }
}
