package io.cordwood.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cordwood.server.cluster.Deadline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HttpPortTest {
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final HttpPort.Limits LIMITS = new HttpPort.Limits(2, Duration.ofMillis(300));

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private @Nullable HttpPort opened;

    private HttpPort open(Route route) throws IOException {
        var port = HttpPort.open(ANY_PORT, LIMITS, route, (thread, failure) -> failures.add(failure));
        opened = port;
        port.start();
        return port;
    }

    @AfterEach
    void closePort() throws InterruptedException {
        if (opened != null) {
            opened.close(Deadline.after(Duration.ofSeconds(5)));
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void takenAddressIsOneLineThatSaysWhatToDo() throws IOException {
        var port = open(HttpPortTest::hello);
        var taken = new InetSocketAddress(InetAddress.getLoopbackAddress(), port.port());

        assertThatThrownBy(() -> HttpPort.open(taken, LIMITS, HttpPortTest::hello, (thread, failure) -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(":" + port.port())
                .hasMessageContaining("http.bind")
                .hasMessageNotContaining("\n");
    }

    @Test
    void clientThatDoesNotReadIsCutOffAndItsThreadServesOthers() throws Exception {
        var cut = new CompletableFuture<IOException>();
        var port = open(call -> {
            if (call.path().equals("/much")) {
                call.stream("text/plain");
                try {
                    while (true) {
                        call.write("x".repeat(1 << 20));
                    }
                } catch (IOException e) {
                    cut.complete(e);
                    throw e;
                }
            }
            hello(call);
        });

        try (var stuck = RawHttp.unread(port.port(), "GET /much HTTP/1.0");
                var alsoStuck = RawHttp.unread(port.port(), "GET /much HTTP/1.0")) {
            assertThat(cut).succeedsWithin(Duration.ofSeconds(20));
            await().untilAsserted(() -> {
                try (var other = RawHttp.ask(port.port(), "GET / HTTP/1.0")) {
                    assertThat(other.awaitEnd().linesWith("hello")).hasSize(1);
                }
            });
            assertThat(stuck.lines()).as("what was read").isEmpty();
            assertThat(alsoStuck.lines()).as("what was read").isEmpty();
        }
    }

    @Test
    void requestsBeyondTheThreadsAreClosedAndHoldNothing() throws Exception {
        var gate = new CountDownLatch(1);
        var port = open(call -> {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            hello(call);
        });
        try (var first = RawHttp.ask(port.port(), "GET / HTTP/1.0");
                var second = RawHttp.ask(port.port(), "GET / HTTP/1.0")) {
            await().untilAsserted(() -> {
                try (var other = RawHttp.ask(port.port(), "GET / HTTP/1.0")) {
                    assertThat(other.awaitEnd().linesWith("hello")).isEmpty();
                }
            });
            gate.countDown();

            first.awaitLines("hello", 1);
            second.awaitLines("hello", 1);
        }
    }

    @Test
    void closeLetsAnAnswerFinish() throws Exception {
        var gate = new CountDownLatch(1);
        var begun = new CountDownLatch(1);
        var port = open(call -> {
            begun.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            hello(call);
        });
        try (var asked = RawHttp.ask(port.port(), "GET / HTTP/1.0")) {
            begun.await();
            var closed = CompletableFuture.runAsync(() -> close(port));
            await().during(Duration.ofMillis(200)).until(() -> !closed.isDone());
            gate.countDown();

            asked.awaitLines("hello", 1);
            assertThat(closed).succeedsWithin(Duration.ofSeconds(10));
        }
        opened = null; // a port is closed once
    }

    private static void close(HttpPort port) {
        try {
            port.close(Deadline.after(Duration.ofSeconds(20)));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void threadComesOutOfAWriteThatWasCutUninterrupted() throws IOException {
        open(HttpPortTest::hello);
        try (var slow = new SlowClients(Duration.ofMillis(100))) {
            var pipe = Pipe.open();

            assertThatThrownBy(() -> slow.run(() -> pipe.source().read(ByteBuffer.allocate(1))))
                    .isInstanceOf(ClosedByInterruptException.class);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            pipe.sink().close();
        }
    }

    private static void hello(HttpCall call) throws IOException {
        call.answer(new HttpAnswer(HttpAnswer.OK, "text/plain", "hello\n", Map.of()));
    }
}
