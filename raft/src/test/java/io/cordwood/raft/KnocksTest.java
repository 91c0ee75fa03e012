package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KnocksTest {
    private static final int GONE = 1;
    private static final int ALIVE = 2;
    private static final int DEAF = 3;

    private final Map<Integer, String> addresses = new HashMap<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Knocks knocks = new Knocks(node -> Optional.ofNullable(addresses.get(node)));

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    private static String local(int port) {
        return "127.0.0.1:" + port;
    }

    private ServerSocket listen(int backlog) throws IOException {
        var socket = new ServerSocket(0, backlog, InetAddress.getLoopbackAddress());
        opened.add(socket);
        return socket;
    }

    private void nobodyListensAt(int node) {
        addresses.put(node, local(TestPorts.free(1).get(0)));
    }

    /** Nobody accepts, and the system takes no more: a further connection gets no answer. */
    private ServerSocket deaf() throws IOException {
        var socket = listen(1);
        try {
            for (int i = 0; i < 20; i++) {
                var waiting = new Socket();
                opened.add(waiting);
                waiting.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()), 200);
            }
        } catch (SocketTimeoutException e) {
            return socket;
        }
        throw new IllegalStateException("the system takes more connections than were asked for");
    }

    @Test
    void whereNobodyListensConnectionsAreRefused() {
        nobodyListensAt(GONE);

        assertThat(knocks.look(Set.of(GONE))).containsExactly(GONE);
    }

    @Test
    void whereSomebodyListensTheyAreNotAndNoneIsLeft() throws Exception {
        var server = listen(50);
        addresses.put(ALIVE, local(server.getLocalPort()));

        assertThat(knocks.look(Set.of(ALIVE))).isEmpty();

        try (var accepted = server.accept()) {
            assertThat(accepted.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void whoDoesNotAnswerSaysNothingAndHoldsUpNobody() throws Exception {
        addresses.put(DEAF, local(deaf().getLocalPort()));
        nobodyListensAt(GONE);

        assertThat(knocks.look(Set.of(DEAF, GONE))).containsExactly(GONE);
    }

    @Test
    void whoIsTriedAndDoesNotAnswerIsLetGo() throws Exception {
        var server = deaf();
        addresses.put(DEAF, local(server.getLocalPort()));
        knocks.look(Set.of(DEAF));
        close();
        opened.clear();

        await().atMost(Duration.ofSeconds(30))
                .until(() -> knocks.look(Set.of(DEAF)).contains(DEAF));
    }

    @Test
    void addressesThatLeadNowhereSayNothing() {
        addresses.put(1, "no-such-host.invalid:9091");
        addresses.put(2, "not an address");
        addresses.put(3, "127.0.0.1:99999");
        addresses.put(4, "127.0.0.1");
        addresses.put(5, "255.255.255.255:9091");

        assertThat(knocks.look(Set.of(1, 2, 3, 4, 5, 6))).isEmpty();
    }

    @Test
    void addressesOfAKindThatTheSystemLacksSayNothing() {
        addresses.put(1, "[::1]:9091");
        nobodyListensAt(2);
        var withoutSix = new Knocks(
                node -> Optional.ofNullable(addresses.get(node)),
                () -> SocketChannel.open(StandardProtocolFamily.INET));

        assertThat(withoutSix.look(Set.of(1, 2))).containsExactly(2);
    }

    @Test
    void whatIsAskedIsAnsweredByTheNextLook() throws Exception {
        nobodyListensAt(GONE);
        addresses.put(ALIVE, local(listen(50).getLocalPort()));
        var gone = knocks.refuses(GONE);
        var alive = knocks.refuses(ALIVE);
        var unknown = knocks.refuses(99);
        assertThat(List.of(gone, alive, unknown)).noneMatch(CompletableFuture::isDone);

        assertThat(knocks.look(Set.of())).isEmpty(); // asked by others, not looked at here

        assertThat(gone).isCompletedWithValue(true);
        assertThat(alive).isCompletedWithValue(false);
        assertThat(unknown).isCompletedWithValue(false);
    }

    @Test
    void whoAsksAgainGetsANewAnswer() throws Exception {
        nobodyListensAt(GONE);
        var before = knocks.refuses(GONE);
        knocks.look(Set.of());
        addresses.put(GONE, local(listen(50).getLocalPort()));

        var after = knocks.refuses(GONE);
        knocks.look(Set.of());

        assertThat(before).isCompletedWithValue(true);
        assertThat(after).isCompletedWithValue(false);
    }
}
