package io.cordwood.chaos.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Node 1 connects to node 2, which sends everything back. */
class FaultProxyTest {
    private static final int OPENER = 1;
    private static final int ECHO = 2;
    private static final Direction THERE = new Direction(OPENER, ECHO);
    private static final Direction BACK = THERE.reversed();
    private static final LinkFault STALL = new LinkFault.Stall();
    private static final LinkFault CUT = new LinkFault.Cut();
    private static final int PATIENCE_MS = 10_000;
    /** Much more than loopback takes, and little enough to be waited for. */
    private static final int SILENCE_MS = 150;

    private volatile OptionalInt opener = OptionalInt.of(OPENER);
    private EchoServer echo;
    private FaultProxy proxy;
    private int port;

    @BeforeEach
    void open() throws IOException {
        echo = EchoServer.start();
        proxy = FaultProxy.start((client, server) -> opener);
        port = proxy.listen(ECHO, FaultProxy.Audience.NODES, loopback(0), loopback(echo.port()));
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        echo.close();
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private Socket connect() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MS);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String receive(Socket socket, int count) throws IOException {
        var bytes = socket.getInputStream().readNBytes(count);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(SILENCE_MS);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(PATIENCE_MS);
    }

    /** Where the reset overtakes the bytes they may be missing, too. */
    private static void assertReset(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("reset");
    }

    @Test
    void withoutFaultsManyBytesPassInBothDirectionsUpToTheEnd() throws IOException {
        var bytes = new byte[5_000_000];
        new Random(1).nextBytes(bytes);
        try (var socket = connect()) {
            var sent = CompletableFuture.runAsync(() -> {
                try {
                    socket.getOutputStream().write(bytes);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });

            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(bytes);
            sent.join();
        }
        Awaitility.await().until(() -> proxy.open().isEmpty());
        assertThat(proxy.counts()).isEqualTo(new FaultProxy.Counts(1, 0, 0));
    }

    @Test
    void connectionsAreKnownByWhoOpenedThem() throws IOException {
        try (var one = connect();
                var two = connect()) {
            send(one, "a");
            send(two, "b");

            assertThat(receive(one, 1) + receive(two, 1)).isEqualTo("ab");
            assertThat(proxy.open()).isEqualTo(Map.of(THERE, 2));
        }
    }

    @Test
    void clientsArePartyOfTheirOwn() throws IOException {
        int clientPort = proxy.listen(ECHO, FaultProxy.Audience.CLIENTS, loopback(0), loopback(echo.port()));
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), clientPort)) {
            send(socket, "a");
            assertThat(receive(socket, 1)).isEqualTo("a");

            assertThat(proxy.open()).isEqualTo(Map.of(new Direction(Direction.CLIENTS, ECHO), 1));
        }
    }

    @Test
    void delayedBytesArriveLaterAndInOrder() throws IOException {
        proxy.begin(THERE, new LinkFault.Delay(120, 40));
        proxy.begin(BACK, new LinkFault.Delay(80, 0));
        try (var socket = connect()) {
            long begin = System.nanoTime();
            send(socket, "abc");
            send(socket, "def");

            assertThat(receive(socket, 6)).isEqualTo("abcdef");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        }
    }

    @Test
    void stalledBytesArriveWhenTheStallIsOver() throws IOException {
        try (var socket = connect()) {
            send(socket, "a");
            assertThat(receive(socket, 1)).isEqualTo("a");

            proxy.begin(THERE, STALL);
            send(socket, "bc");
            assertSilent(socket);
            proxy.end(THERE, STALL);

            assertThat(receive(socket, 2)).isEqualTo("bc");
        }
    }

    @Test
    void overlappingFaultsEndOneByOne() throws IOException {
        try (var socket = connect()) {
            proxy.begin(THERE, STALL);
            proxy.begin(THERE, STALL);
            send(socket, "a");
            proxy.end(THERE, STALL);
            assertSilent(socket);
            proxy.end(THERE, STALL);

            assertThat(receive(socket, 1)).isEqualTo("a");
        }
    }

    @Test
    void oneWayCutHoldsOneDirectionAndWhoConnectsInIt() throws IOException {
        try (var socket = connect()) {
            send(socket, "a");
            assertThat(receive(socket, 1)).isEqualTo("a");
            proxy.begin(THERE, CUT);
            send(socket, "b");
            assertSilent(socket);
            connect().close();
            try (var held = connect()) {
                send(held, "c");
                assertSilent(held);
                assertThat(proxy.open()).isEqualTo(Map.of(THERE, 1));

                proxy.end(THERE, CUT);

                assertThat(receive(socket, 1)).isEqualTo("b");
                assertThat(receive(held, 1)).isEqualTo("c");
            }
            assertThat(proxy.counts().refused()).isZero();
        }
    }

    @Test
    void cutOfTheWayBackTakesBytesAndAnswersNothing() throws IOException {
        proxy.begin(BACK, CUT);
        try (var socket = connect()) {
            send(socket, "a");
            Awaitility.await().until(() -> echo.received() == 1);
            assertSilent(socket);

            proxy.heal();

            assertThat(receive(socket, 1)).isEqualTo("a");
        }
    }

    @Test
    void whoSendsIntoACutIsHeldUpByTheWindow() throws Exception {
        try (var socket = connect()) {
            send(socket, "a");
            assertThat(receive(socket, 1)).isEqualTo("a");
            proxy.begin(THERE, CUT);
            var written = CompletableFuture.runAsync(() -> {
                try {
                    socket.getOutputStream().write(new byte[32 << 20]);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThatThrownBy(() -> written.get(SILENCE_MS, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            proxy.vanish(BACK);
            assertThatThrownBy(written::join).hasCauseInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void resetComesInTheMidstOfTheBytes() throws IOException {
        try (var socket = connect()) {
            send(socket, "a");
            assertThat(receive(socket, 1)).isEqualTo("a");

            proxy.reset(THERE);
            send(socket, "0123456789");

            assertReset(socket);
            Awaitility.await().until(() -> echo.received() > 1 || echo.failed() == 1);
            assertThat(echo.received()).isLessThanOrEqualTo(1 + 5);
        }
        try (var next = connect()) {
            send(next, "b");
            assertThat(receive(next, 1)).isEqualTo("b");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void resetThatHitNothingIsOverWithItsFaultAndWithAll(boolean ended) throws IOException {
        try (var socket = connect()) {
            send(socket, "a");
            assertThat(receive(socket, 1)).isEqualTo("a");

            proxy.reset(THERE);
            if (ended) {
                proxy.endReset(BACK);
            } else {
                proxy.heal();
            }
            send(socket, "bc");

            assertThat(receive(socket, 2)).isEqualTo("bc");
        }
    }

    @Test
    void whoeverIsNotKnownDoesNotGetInWhereNodesDo() throws IOException {
        opener = OptionalInt.empty();
        try (var stranger = connect()) {
            assertReset(stranger);
        }
        assertThat(proxy.counts()).isEqualTo(new FaultProxy.Counts(0, 0, 1));
        opener = OptionalInt.of(OPENER);
        try (var node = connect()) {
            send(node, "a");
            assertThat(receive(node, 1)).isEqualTo("a");
        }
    }

    @Test
    void endThatVanishesTellsNobodyUntilItIsOver() throws IOException {
        try (var socket = connect()) {
            send(socket, "a");
            assertThat(receive(socket, 1)).isEqualTo("a");

            proxy.vanish(THERE);
            Awaitility.await().until(() -> echo.failed() == 1);
            send(socket, "b");
            assertSilent(socket);
            try (var next = connect()) {
                send(next, "c");
                assertThat(receive(next, 1)).isEqualTo("c");
            }
            proxy.endVanished(THERE);

            assertReset(socket);
        }
    }

    @Test
    void openerMayVanishToo() throws IOException {
        try (var socket = connect()) {
            send(socket, "a");
            assertThat(receive(socket, 1)).isEqualTo("a");

            proxy.vanish(BACK);

            assertReset(socket);
            assertThat(echo.failed()).isZero();
            proxy.heal();
            Awaitility.await().until(() -> echo.failed() == 1);
        }
    }

    @Test
    void limitedBytesTakeTheirTime() throws IOException {
        proxy.begin(THERE, new LinkFault.Limit(40_000));
        try (var socket = connect()) {
            long begin = System.nanoTime();
            send(socket, "x".repeat(10_000));

            assertThat(receive(socket, 10_000)).hasSize(10_000);
            // The first piece of a twentieth of a second goes at once.
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(190));
        }
    }

    @Test
    void whoConnectsToANodeThatIsDownIsReset() throws IOException {
        echo.close();
        try (var socket = connect()) {
            assertReset(socket);
        }
    }
}
