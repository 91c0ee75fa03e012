package io.cordwood.server.http;

import com.sun.net.httpserver.HttpExchange;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request, and the way to answer it: whole, or piece by piece.
 *
 * <p>Invariant: nothing is written before the status is known, and the status is sent once.
 *
 * <p><b>Thread:</b> the request's.
 */
final class HttpCall {
    static final String GET = "GET";
    static final String HEAD = "HEAD";
    static final String POST = "POST";

    /** Of an answer whose length is not known, or which has no body. */
    private static final int CHUNKED = 0;

    private static final int NO_BODY = -1;
    /** What a client has the whole time of {@link SlowClients} for. */
    private static final int PIECE_BYTES = 64 << 10;

    private final HttpExchange exchange;
    private final SlowClients slowClients;
    private boolean answered;

    HttpCall(HttpExchange exchange, SlowClients slowClients) {
        this.exchange = exchange;
        this.slowClients = slowClients;
    }

    String method() {
        return exchange.getRequestMethod();
    }

    /** Address and port of the client, as gRPC writes them. */
    String caller() {
        return String.valueOf(exchange.getRemoteAddress());
    }

    /** Decoded; empty where the request names none. */
    String path() {
        return Optional.ofNullable(exchange.getRequestURI().getPath()).orElse("");
    }

    /** Method and path as they were sent: a path as it is decoded may hold anything, line ends too. */
    String line() {
        return method() + " " + exchange.getRequestURI().getRawPath();
    }

    Query query() {
        return Query.parse(exchange.getRequestURI().getRawQuery());
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    /** @throws HttpRefusedException for any other method, and for a body where there can be none */
    void requireMethod(List<String> allowed) {
        if (!allowed.contains(method())) {
            throw new HttpRefusedException(
                    HttpRefusedException.METHOD_NOT_ALLOWED,
                    Refusal.field(Reason.INVALID_ARGUMENT, "method", method(), String.join(" or ", allowed)),
                    Map.of("Allow", String.join(", ", allowed)));
        }
        if (!method().equals(POST) && hasBody()) {
            // Nobody means to send one, and whatever is meant by it would be passed over.
            throw HttpRefusedException.field(
                    HttpRefusedException.BAD_REQUEST, "body", "present", "absent from a " + method());
        }
    }

    private boolean hasBody() {
        return header("Transfer-Encoding").isPresent()
                || header("Content-Length")
                        .filter(length -> !length.equals("0"))
                        .isPresent();
    }

    /** @throws HttpRefusedException where the body is larger */
    byte[] body(int maxBytes) throws IOException {
        long declared = header("Content-Length").map(Long::parseLong).orElse(0L);
        if (declared > maxBytes) {
            throw tooLarge(declared + " bytes", maxBytes);
        }
        var bytes = exchange.getRequestBody().readNBytes(maxBytes + 1);
        if (bytes.length > maxBytes) {
            throw tooLarge("more than " + maxBytes + " bytes", maxBytes);
        }
        return bytes;
    }

    private static HttpRefusedException tooLarge(String size, int maxBytes) {
        return new HttpRefusedException(
                HttpRefusedException.CONTENT_TOO_LARGE,
                Refusal.field(Reason.INVALID_ARGUMENT, "body", size, "at most " + maxBytes + " bytes")
                        .with(Refusal.LIMIT, maxBytes)
                        .with(Refusal.SETTING, "http.body-max-bytes"));
    }

    /** Whether a status was sent. */
    boolean answered() {
        return answered;
    }

    void answer(HttpAnswer answer) throws IOException {
        var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        boolean withBody = bytes.length > 0 && !method().equals(HEAD);
        answer.headers().forEach(exchange.getResponseHeaders()::set);
        slowClients.run(() -> begin(answer.status(), answer.contentType(), withBody ? bytes.length : NO_BODY));
        if (withBody) {
            send(bytes);
        }
        end();
    }

    /** Begins an answer that goes on until the route returns. */
    void stream(String contentType) throws IOException {
        slowClients.run(() -> {
            begin(HttpAnswer.OK, contentType, CHUNKED);
            // The client shall see now that it was accepted, and not with the first record.
            exchange.getResponseBody().flush();
        });
    }

    /** @throws IOException where the client is gone, or does not read */
    void write(String text) throws IOException {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    private void send(byte[] bytes) throws IOException {
        for (int start = 0; start < bytes.length; start += PIECE_BYTES) {
            int from = start;
            int length = Math.min(PIECE_BYTES, bytes.length - start);
            slowClients.run(() -> exchange.getResponseBody().write(bytes, from, length));
        }
        // Before the end: that reads what the client still sends of a body that is refused.
        slowClients.run(() -> exchange.getResponseBody().flush());
    }

    /** Nothing comes after it; to end twice is the same as once. */
    void end() throws IOException {
        slowClients.run(exchange::close);
    }

    private void begin(int status, String contentType, int length) throws IOException {
        answered = true;
        var headers = exchange.getResponseHeaders();
        headers.set("Content-Type", contentType);
        headers.set("Cache-Control", "no-store");
        // A browser must not take what producers wrote for a page or a script.
        headers.set("X-Content-Type-Options", "nosniff");
        exchange.sendResponseHeaders(status, length);
    }
}
