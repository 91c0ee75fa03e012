package io.cordwood.server;

import io.cordwood.server.config.Endpoint;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Asks a node of the same machine whether it is ready: exit status 0 if so, else 1, with what it answered
 * on standard output. For images, which hold no tool that could ask.
 *
 * <p>Nothing here needs a library, because this is started every few seconds beside the node that it asks.
 *
 * <p><b>Thread:</b> the process' main thread.
 */
public final class HealthProbe {
    static final int READY = 0;
    static final int NOT_READY = 1;

    /** The setting http.bind as an environment variable, and its default. */
    private static final String BIND_VARIABLE = "CORDWOOD_HTTP_BIND";

    private static final String DEFAULT_BIND = "127.0.0.1:8080";
    private static final String PATH = "/readyz";
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int ANSWER_MAX_BYTES = 16 << 10;

    private HealthProbe() {}

    /** Takes the address to ask as an argument, or where the node's environment says that it listens. */
    public static void main(String[] arguments) {
        System.exit(run(List.of(arguments), System.getenv(), System.out));
    }

    static int run(List<String> arguments, Map<String, String> environment, PrintStream out) {
        var text = arguments.isEmpty() ? environment.getOrDefault(BIND_VARIABLE, DEFAULT_BIND) : arguments.get(0);
        try {
            var answer = ask(reachable(Endpoint.parse(text)));
            out.println(answer.body().isEmpty() ? answer.statusLine() : answer.body());
            return answer.isReady() ? READY : NOT_READY;
        } catch (IOException e) {
            out.println("no answer from " + text + ": " + e.getMessage());
        } catch (IllegalArgumentException e) {
            out.println("address '" + text + "': expected " + e.getMessage());
        }
        return NOT_READY;
    }

    private record Answer(String statusLine, String body) {
        static Answer parse(String text) {
            int head = text.indexOf("\r\n\r\n");
            var body = head < 0 ? "" : text.substring(head).strip();
            return new Answer(text.lines().findFirst().orElse("an empty answer"), body);
        }

        boolean isReady() {
            return statusLine.matches("HTTP/1\\.[01] 200\\b.*");
        }
    }

    /** A node that listens everywhere listens on loopback, too. */
    private static InetSocketAddress reachable(Endpoint endpoint) {
        var address = endpoint.socketAddress();
        var host = address.getAddress();
        return host != null && host.isAnyLocalAddress()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), endpoint.port())
                : address;
    }

    private static Answer ask(InetSocketAddress address) throws IOException {
        try (var socket = new Socket()) {
            socket.setSoTimeout((int) TIMEOUT.toMillis());
            socket.connect(address, (int) TIMEOUT.toMillis());
            // Of version 1.0, so that the answer comes in one piece and its end is the connection's.
            var request = "GET " + PATH + " HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            var answer = socket.getInputStream().readNBytes(ANSWER_MAX_BYTES);
            return Answer.parse(new String(answer, StandardCharsets.UTF_8));
        }
    }
}
