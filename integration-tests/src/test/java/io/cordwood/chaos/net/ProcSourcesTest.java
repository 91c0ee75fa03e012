package io.cordwood.chaos.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ProcSourcesTest {
    private static final long OWN_PID = ProcessHandle.current().pid();

    @Test
    void ownerOfASocketIsFound() throws IOException {
        try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                var client = new Socket(server.getInetAddress(), server.getLocalPort())) {
            assertThat(nodeOf(Map.of(OWN_PID, 7), client, server)).hasValue(7);
        }
    }

    @Test
    void whoIsNoNodeIsNotKnown() throws IOException {
        try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                var client = new Socket(server.getInetAddress(), server.getLocalPort())) {
            assertThat(nodeOf(Map.of(), client, server)).isEmpty();
            assertThat(nodeOf(Map.of(1_999_999_999L, 3), client, server)).isEmpty();
        }
    }

    private static OptionalInt nodeOf(Map<Long, Integer> nodes, Socket client, ServerSocket server) {
        return new ProcSources(() -> nodes)
                .nodeOf((InetSocketAddress) client.getLocalSocketAddress(), (InetSocketAddress)
                        server.getLocalSocketAddress());
    }

    @Test
    void processesAreLookedAtOncePerSocketThatIsNew() throws IOException {
        var looks = new AtomicInteger();
        var sources = new ProcSources(() -> {
            looks.incrementAndGet();
            return Map.of(OWN_PID, 1);
        });
        try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                var client = new Socket(server.getInetAddress(), server.getLocalPort())) {
            var from = (InetSocketAddress) client.getLocalSocketAddress();
            var to = (InetSocketAddress) server.getLocalSocketAddress();

            assertThat(sources.nodeOf(from, to)).hasValue(1).isEqualTo(sources.nodeOf(from, to));
            assertThat(looks).hasValue(1);
        }
    }

    @Test
    void inodeStandsInTheLineOfBothPorts() {
        var table = List.of(
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
                "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 x",
                "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 222 1 x",
                "   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 333 1 x");

        assertThat(ProcSources.inode(table, 0xC350, 0x1F90)).hasValue(333);
        assertThat(ProcSources.inode(table, 0x1F90, 0xC350)).hasValue(222);
        assertThat(ProcSources.inode(table, 0xC351, 0x1F90)).isEmpty();
    }
}
