package io.cordwood.raft;

import com.google.protobuf.ByteString;
import io.cordwood.proto.internal.v1.CatchUpBatchesRequest;
import io.cordwood.proto.internal.v1.CatchUpFileRequest;
import io.cordwood.proto.internal.v1.CatchUpPartRequest;
import io.cordwood.proto.internal.v1.CatchUpRequest;
import io.cordwood.proto.internal.v1.CatchUpState;
import io.cordwood.store.SealedSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;

/**
 * The node that a replica catches up with, asked over the node port; see {@link CatchUpSource}.
 *
 * <p>Thread: one; every call blocks, within the node's rate and {@link #TIMEOUT}.
 */
final class CatchUpPeer {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int STATE_MAX_BYTES = 1 << 30;
    private static final int READ_BYTES = 1 << 20;

    private final NodeTransport transport;
    private final int node;
    private final UUID groupId;
    private final CatchUpRate rate;

    CatchUpPeer(NodeTransport transport, int node, UUID groupId, CatchUpRate rate) {
        this.transport = transport;
        this.node = node;
        this.groupId = groupId;
        this.rate = rate;
    }

    /** The same node, asked as fast as it answers. */
    CatchUpPeer unthrottled() {
        return new CatchUpPeer(transport, node, groupId, CatchUpRate.of(Long.MAX_VALUE));
    }

    /** A state that stands at this raft index or beyond it, encoded. */
    ByteBuffer stateFrom(long firstIndex) throws IOException, InterruptedException {
        var request = CatchUpRequest.newBuilder().setRaftGroupId(group()).setFirstIndex(firstIndex);
        return state(
                CatchUpState.parseFrom(call(CatchUpSource.STATE, request.build().toByteArray())));
    }

    private ByteBuffer state(CatchUpState offer) throws IOException, InterruptedException {
        if (offer.getVersion() != CatchUpSource.VERSION) {
            throw new IOException("node " + node + " offers a state in format version " + offer.getVersion()
                    + ", known is " + CatchUpSource.VERSION);
        }
        if (offer.getSizeBytes() < 0 || offer.getSizeBytes() > STATE_MAX_BYTES) {
            throw new IOException("node " + node + " offers a state of " + offer.getSizeBytes() + " bytes");
        }
        var state = ByteBuffer.allocate(offer.getSizeBytes());
        while (state.hasRemaining()) {
            var part = CatchUpPartRequest.newBuilder()
                    .setTransferId(offer.getTransferId())
                    .setPosition(state.position())
                    .build();
            var bytes = call(CatchUpSource.PART, part.toByteArray());
            if (bytes.length == 0 || bytes.length > state.remaining()) {
                throw new IOException("node " + node + " sent " + bytes.length + " bytes of a state, "
                        + state.remaining() + " are missing");
            }
            rate.take(bytes.length);
            state.put(bytes);
        }
        if (CatchUpSource.crc(state.flip()) != offer.getCrc()) {
            throw new IOException("node " + node + " sent a state whose CRC is not the one that it offered");
        }
        return state;
    }

    /** Prints of some batches from the offset on, none at the end offset. They count as what both sides read for them. */
    List<BatchPrint> prints(long offset, long endOffset) throws IOException, InterruptedException {
        var prints = BatchPrint.decode(call(CatchUpSource.PRINTS, batchesRequest(offset, endOffset)));
        rate.take(BatchPrint.sizeOf(prints));
        return prints;
    }

    /** Whole batches from the offset on, none at the end offset. */
    ByteBuffer batches(long offset, long endOffset) throws IOException, InterruptedException {
        var bytes = call(CatchUpSource.BATCHES, batchesRequest(offset, endOffset));
        rate.take(bytes.length);
        return ByteBuffer.wrap(bytes);
    }

    /**
     * What the node knows of its copies of sealed segments, in the order of the keys. Does not count for
     * the rate.
     */
    List<CopyReport> copies(List<CopyKey> keys, long withinMs) throws IOException, InterruptedException {
        var question = new CopyMessages.Question(groupId, keys, withinMs);
        return CopyMessages.decodeReports(keys, call(CopyMessages.METHOD, CopyMessages.encode(question)));
    }

    int node() {
        return node;
    }

    /** Some bytes of a sealed segment's file, from a position on. */
    ByteBuffer file(SealedSegment segment, long position) throws IOException, InterruptedException {
        var request = CatchUpFileRequest.newBuilder()
                .setRaftGroupId(group())
                .setBaseOffset(segment.baseOffset())
                .setGeneration(segment.compactionGeneration())
                .setPosition(position)
                .setMaxBytes(READ_BYTES);
        var bytes = call(CatchUpSource.FILE, request.build().toByteArray());
        rate.take(bytes.length);
        return ByteBuffer.wrap(bytes);
    }

    private byte[] batchesRequest(long offset, long endOffset) {
        return CatchUpBatchesRequest.newBuilder()
                .setRaftGroupId(group())
                .setOffset(offset)
                .setEndOffset(endOffset)
                .setMaxBytes(READ_BYTES)
                .build()
                .toByteArray();
    }

    private ByteString group() {
        return Uuids.toBytes(groupId);
    }

    private byte[] call(String method, byte[] request) throws IOException, InterruptedException {
        try {
            return transport.call(node, method, request, TIMEOUT).get();
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e.getCause());
        }
    }
}
