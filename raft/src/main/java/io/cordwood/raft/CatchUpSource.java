package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.CatchUpBatchesRequest;
import io.cordwood.proto.internal.v1.CatchUpPartRequest;
import io.cordwood.proto.internal.v1.CatchUpRequest;
import io.cordwood.proto.internal.v1.CatchUpState;
import io.cordwood.store.LogRead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * Serves the replicas of other nodes that catch up with this node's: a state, and the batches that lead to it.
 *
 * <p>Invariants: what is served is committed and applied here; a state is served part by part as it was when it was asked for,
 * the newest {@value #TRANSFERS_MAX} of them.
 *
 * <p>Thread: called on gRPC's threads; reads on the given executor. The monitor of {@code transfers} guards it.
 */
final class CatchUpSource {
    static final String STATE = "CatchUpState";
    static final String PART = "CatchUpPart";
    static final String PRINTS = "CatchUpPrints";
    static final String BATCHES = "CatchUpBatches";

    private static final int TRANSFERS_MAX = 8;
    private static final int PART_BYTES = 4 << 20;
    private static final int READ_MAX_BYTES = 4 << 20;

    private final Executor executor;
    private final Map<UUID, Origin> origins = new ConcurrentHashMap<>();
    private final Map<Long, byte[]> transfers = new LinkedHashMap<>();
    private long lastTransfer;

    /** A group on this node. */
    interface Origin {
        /**
         * The state behind what is applied, encoded.
         *
         * @throws IOException where it stands below this raft index
         */
        byte[] stateFrom(long firstIndex) throws IOException;

        /** Whole committed batches of one segment, from the one at the offset on. */
        LogRead read(long offset, long endOffset, int maxBytes) throws IOException;
    }

    CatchUpSource(Executor executor) {
        this.executor = executor;
    }

    void serve(NodeTransport transport) {
        handle(transport, STATE, this::state);
        handle(transport, PART, this::part);
        handle(transport, PRINTS, this::prints);
        handle(transport, BATCHES, this::batches);
    }

    /** The group can be asked from now on. */
    void put(UUID groupId, Origin origin) {
        origins.put(groupId, origin);
    }

    void remove(UUID groupId) {
        origins.remove(groupId);
    }

    private interface Answer {
        byte[] to(byte[] request) throws IOException;
    }

    private void handle(NodeTransport transport, String method, Answer answer) {
        transport.handle(
                method, (from, request) -> CompletableFuture.supplyAsync(() -> answer(answer, request), executor));
    }

    private static byte[] answer(Answer answer, byte[] request) {
        try {
            return answer.to(request);
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("a catch-up request does not parse", e);
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private byte[] state(byte[] bytes) throws IOException {
        var request = CatchUpRequest.parseFrom(bytes);
        var state = origin(Uuids.parse(request.getRaftGroupId())).stateFrom(request.getFirstIndex());
        return CatchUpState.newBuilder()
                .setTransferId(keep(state))
                .setSizeBytes(state.length)
                .build()
                .toByteArray();
    }

    private long keep(byte[] state) {
        synchronized (transfers) {
            lastTransfer++;
            transfers.put(lastTransfer, state);
            var oldest = transfers.keySet().iterator();
            if (transfers.size() > TRANSFERS_MAX) {
                oldest.next();
                oldest.remove();
            }
            return lastTransfer;
        }
    }

    private byte[] part(byte[] bytes) throws IOException {
        var request = CatchUpPartRequest.parseFrom(bytes);
        byte[] state;
        synchronized (transfers) {
            state = transfers.get(request.getTransferId());
        }
        int position = request.getPosition();
        if (state == null || position < 0 || position > state.length) {
            throw new IOException("transfer " + request.getTransferId() + " has no position " + position + " here");
        }
        return Arrays.copyOfRange(state, position, Math.min(state.length, position + PART_BYTES));
    }

    private byte[] prints(byte[] bytes) throws IOException {
        var read = read(CatchUpBatchesRequest.parseFrom(bytes));
        var prints = BatchPrint.ofSound(read.batches());
        if (prints.isEmpty() && !read.isEmpty()) {
            throw new IOException("the batch at offset " + read.baseOffset() + " has a wrong CRC here");
        }
        return BatchPrint.encode(prints);
    }

    private byte[] batches(byte[] bytes) throws IOException {
        return array(read(CatchUpBatchesRequest.parseFrom(bytes)).batches());
    }

    private LogRead read(CatchUpBatchesRequest request) throws IOException {
        return origin(Uuids.parse(request.getRaftGroupId()))
                .read(request.getOffset(), request.getEndOffset(), Math.min(request.getMaxBytes(), READ_MAX_BYTES));
    }

    private static byte[] array(ByteBuffer bytes) {
        var array = new byte[bytes.remaining()];
        bytes.duplicate().get(array);
        return array;
    }

    private Origin origin(UUID groupId) throws IOException {
        var origin = origins.get(groupId);
        if (origin == null) {
            throw new IOException("group " + groupId + " is not on this node");
        }
        return origin;
    }
}
