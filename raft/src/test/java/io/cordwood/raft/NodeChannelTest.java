package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.junit.jupiter.api.Test;

/** Connections between nodes that break in more ways than one. */
class NodeChannelTest {
    private static final String METHOD = "Echo";

    private static boolean isAnswered(NodeTransport transport, String address) throws Exception {
        return transport
                .callAddress(address, METHOD, new byte[1], Duration.ofSeconds(2))
                .handle((answer, failure) -> failure == null)
                .get(30, TimeUnit.SECONDS);
    }

    /** Takes its time: gRPC knows no shorter keepalive. */
    @Test
    void connectionThatBringsNothingIsGivenUp() throws Exception {
        var otherTransport = new NodeTransport(2, id -> Optional.empty());
        otherTransport.handle(METHOD, (from, bytes) -> CompletableFuture.completedFuture(bytes));
        var server = otherTransport
                .customize(
                        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        RaftTimings.DEFAULT)
                .build()
                .start();
        var transport = new NodeTransport(1, id -> Optional.empty());
        try (var link = BreakableLink.to(server.getPort())) {
            await().atMost(30, TimeUnit.SECONDS).until(() -> isAnswered(transport, link.address()));

            link.silence();

            assertThat(isAnswered(transport, link.address())).isFalse();
            await().atMost(45, TimeUnit.SECONDS).until(() -> isAnswered(transport, link.address()));
        } finally {
            transport.close();
            otherTransport.close();
            server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void nodeThatIsAwayIsTriedAtAPaceHoweverOftenItIsCalled() throws Exception {
        var transport = new NodeTransport(1, id -> Optional.empty());
        var tries = new AtomicInteger();
        try (var door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var closes = new Thread(() -> closeEach(door, tries), "closes-each");
            closes.start();
            long beganNanos = System.nanoTime();

            for (int call = 0; call < 300; call++) {
                assertThat(isAnswered(transport, "127.0.0.1:" + door.getLocalPort()))
                        .isFalse();
            }

            // One each quarter of a second after the first, and what gRPC tries by itself: fewer than that.
            long quarters =
                    (System.nanoTime() - beganNanos) / Duration.ofMillis(250).toNanos();
            assertThat(tries.get()).isLessThanOrEqualTo(Math.toIntExact(3 + 2 * quarters));
        } finally {
            transport.close();
        }
    }

    private static void closeEach(ServerSocket door, AtomicInteger tries) {
        try {
            while (true) {
                door.accept().close();
                tries.incrementAndGet();
            }
        } catch (IOException e) {
            // the test has ended
        }
    }
}
