package io.cordwood.server.http;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * One request, byte for byte as the test writes it, and the lines of the answer as they come. Asked in
 * HTTP/1.0 the answer comes without the frames of chunks.
 *
 * <p>Thread: the test's; a thread of its own reads.
 */
final class RawHttp implements AutoCloseable {
    private final Socket socket;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private volatile boolean ended;

    private RawHttp(Socket socket) {
        this.socket = socket;
    }

    /** @param head the lines of the request up to its body, which is empty */
    static RawHttp ask(int port, String... head) throws IOException {
        var asked = unread(port, head);
        var reader = new Thread(asked::read, "raw-http");
        reader.setDaemon(true);
        reader.start();
        return asked;
    }

    /** As {@link #ask}, but nothing is ever read. */
    static RawHttp unread(int port, String... head) throws IOException {
        return part(port, String.join("\r\n", head) + "\r\n\r\n");
    }

    /** Whatever it is that the client sends; nothing is ever read. */
    static RawHttp part(int port, String text) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        return new RawHttp(socket);
    }

    private void read() {
        try (var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            lines.add("broken off: " + e.getMessage());
        }
        ended = true;
    }

    /** The whole answer so far, with its head. */
    List<String> lines() {
        return List.copyOf(lines);
    }

    /** Those that hold this text. */
    List<String> linesWith(String text) {
        return lines.stream().filter(line -> line.contains(text)).toList();
    }

    RawHttp awaitLines(String text, int count) {
        await().until(() -> linesWith(text).size() >= count);
        return this;
    }

    RawHttp awaitEnd() {
        await().until(() -> ended);
        return this;
    }

    /** As a client that goes away. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
