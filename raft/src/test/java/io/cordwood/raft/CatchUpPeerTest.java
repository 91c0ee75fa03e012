package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.cordwood.proto.internal.v1.CatchUpPartRequest;
import io.cordwood.proto.internal.v1.CatchUpRequest;
import io.cordwood.proto.internal.v1.CatchUpState;
import io.cordwood.store.LogRead;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A state on its way from one node to another. */
class CatchUpPeerTest {
    private static final UUID GROUP = new UUID(3, 4);

    private final NodeTransport sourceTransport = new NodeTransport(2, id -> Optional.empty());
    private final CatchUpSource source = new CatchUpSource(Runnable::run);
    private final byte[] state = new byte[2 * CatchUpSource.PART_BYTES + 1];
    private final ByteBuffer batch = PartitionCluster.batch("one record").bytes();
    private Server server;
    private NodeTransport transport;
    private CatchUpPeer peer;

    @BeforeEach
    void start() throws IOException {
        new Random(1).nextBytes(state);
        source.serve(sourceTransport);
        source.put(GROUP, new CatchUpSource.Origin() {
            @Override
            public byte[] stateFrom(long firstIndex) {
                return state;
            }

            @Override
            public ByteBuffer file(CatchUpSource.FilePlace place, int maxBytes) throws IOException {
                throw new IOException("no files");
            }

            @Override
            public LogRead read(long offset, long endOffset, int maxBytes) throws IOException {
                return new LogRead(batch.duplicate(), offset, offset + 1);
            }
        });
        server = sourceTransport
                .customize(
                        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        RaftTimings.DEFAULT)
                .build()
                .start();
        transport = new NodeTransport(1, id -> Optional.of("127.0.0.1:" + server.getPort()));
        peer = new CatchUpPeer(transport, 2, GROUP, CatchUpRate.of(Long.MAX_VALUE));
    }

    @AfterEach
    void stop() throws InterruptedException {
        transport.close();
        server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
    }

    @Test
    void stateOfSeveralPartsArrivesWhole() throws Exception {
        assertThat(peer.stateFrom(0)).isEqualTo(ByteBuffer.wrap(state));
    }

    @Test
    void stateThatChangedOnItsWayIsRefused() {
        sourceTransport.handle(CatchUpSource.PART, (from, request) -> {
            var damaged = Arrays.copyOf(state, CatchUpSource.PART_BYTES);
            damaged[7] ^= 1;
            return CompletableFuture.completedFuture(damaged);
        });
        offer(CatchUpSource.VERSION, CatchUpSource.PART_BYTES);

        assertThatIOException().isThrownBy(() -> peer.stateFrom(0)).withMessageContaining("CRC");
    }

    @Test
    void stateOfAnotherFormatVersionIsRefused() {
        offer(CatchUpSource.VERSION + 1, CatchUpSource.PART_BYTES);

        assertThatIOException().isThrownBy(() -> peer.stateFrom(0)).withMessageContaining("format version 2");
    }

    private void offer(int version, int sizeBytes) {
        var offer = CatchUpState.newBuilder()
                .setVersion(version)
                .setSizeBytes(sizeBytes)
                .setCrc(CatchUpSource.crc(ByteBuffer.wrap(state, 0, sizeBytes)))
                .build();
        sourceTransport.handle(
                CatchUpSource.STATE, (from, request) -> CompletableFuture.completedFuture(offer.toByteArray()));
    }

    @Test
    void printsCountAsTheBatchesThatWereReadForThem() throws Exception {
        var waits = new ArrayList<Long>();
        var rate = new CatchUpRate(batch.remaining(), () -> 0, waits::add);
        var slow = new CatchUpPeer(transport, 2, GROUP, rate);

        for (int i = 0; i < 3; i++) {
            assertThat(slow.prints(0, 1)).hasSize(1);
        }

        assertThat(waits).containsExactly(TimeUnit.SECONDS.toNanos(1), TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    void transferEndsWithItsLastPartAndItsIdIsNotGuessed() throws Exception {
        var first = ask();
        var second = ask();
        assertThat(second.getTransferId()).isNotIn(first.getTransferId(), first.getTransferId() + 1);

        assertThat(part(first, 0)).hasSize(CatchUpSource.PART_BYTES);
        assertThat(part(first, 2 * CatchUpSource.PART_BYTES)).hasSize(1);

        assertThatIOException().isThrownBy(() -> part(first, 0)).withMessageContaining("transfer");
        assertThat(part(second, 0)).hasSize(CatchUpSource.PART_BYTES);
    }

    private CatchUpState ask() throws IOException {
        var request =
                CatchUpRequest.newBuilder().setRaftGroupId(Uuids.toBytes(GROUP)).build();
        return CatchUpState.parseFrom(source.state(request.toByteArray()));
    }

    private byte[] part(CatchUpState offer, int position) throws IOException {
        return source.part(CatchUpPartRequest.newBuilder()
                .setTransferId(offer.getTransferId())
                .setPosition(position)
                .build()
                .toByteArray());
    }
}
