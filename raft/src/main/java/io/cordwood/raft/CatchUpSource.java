package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.CatchUpBatchesRequest;
import io.cordwood.proto.internal.v1.CatchUpFileRequest;
import io.cordwood.proto.internal.v1.CatchUpPartRequest;
import io.cordwood.proto.internal.v1.CatchUpRequest;
import io.cordwood.proto.internal.v1.CatchUpState;
import io.cordwood.store.LogRead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.zip.CRC32C;

/**
 * Serves the replicas of other nodes that catch up with this node's: a state, and the batches that lead to it.
 *
 * <p>Invariants: what is served is committed and applied here; a state is served part by part as it was when it was asked for,
 * until its last part was sent, the newest {@value #TRANSFERS_MAX} of them. Their ids are random: one that was given out before a
 * restart names nothing after it.
 *
 * <p>Thread: called on gRPC's threads; reads on the given executor. The monitor of {@code transfers} guards it.
 */
final class CatchUpSource {
    static final String STATE = "CatchUpState";
    static final String PART = "CatchUpPart";
    static final String PRINTS = "CatchUpPrints";
    static final String BATCHES = "CatchUpBatches";
    static final String FILE = "CatchUpFile";

    /** Format version of {@link CatchUpState}. */
    static final int VERSION = 1;

    static final int PART_BYTES = 4 << 20;
    private static final int TRANSFERS_MAX = 8;
    private static final int READ_MAX_BYTES = 4 << 20;

    private final Executor executor;
    private final Map<UUID, Origin> origins = new ConcurrentHashMap<>();
    private final Map<Long, byte[]> transfers = new LinkedHashMap<>();
    private final SecureRandom random = new SecureRandom();

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

        /** A piece of a sealed segment's file, sound or not: who asks knows its hash. */
        ByteBuffer file(FilePlace place, int maxBytes) throws IOException;

        /** Told of a batch with a wrong CRC. */
        default void damaged(long offset) {}

        /** Told what is sent to another node; of a file the records are not known, and given as none. */
        default void served(long records, long bytes) {}
    }

    /** A place in a file: the segment's base offset, how often it was rewritten, and a position. */
    record FilePlace(long baseOffset, int generation, long position) {}

    CatchUpSource(Executor executor) {
        this.executor = executor;
    }

    void serve(NodeTransport transport) {
        handle(transport, STATE, this::state);
        handle(transport, PART, this::part);
        handle(transport, PRINTS, this::prints);
        handle(transport, BATCHES, this::batches);
        handle(transport, FILE, this::file);
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

    byte[] state(byte[] bytes) throws IOException {
        var request = CatchUpRequest.parseFrom(bytes);
        var state = origin(Uuids.parse(request.getRaftGroupId())).stateFrom(request.getFirstIndex());
        return CatchUpState.newBuilder()
                .setTransferId(keep(state))
                .setSizeBytes(state.length)
                .setVersion(VERSION)
                .setCrc(crc(ByteBuffer.wrap(state)))
                .build()
                .toByteArray();
    }

    static int crc(ByteBuffer state) {
        var crc = new CRC32C();
        crc.update(state.duplicate());
        return (int) crc.getValue();
    }

    private long keep(byte[] state) {
        long id = random.nextLong();
        synchronized (transfers) {
            transfers.put(id, state);
            var oldest = transfers.keySet().iterator();
            if (transfers.size() > TRANSFERS_MAX) {
                oldest.next();
                oldest.remove();
            }
            return id;
        }
    }

    byte[] part(byte[] bytes) throws IOException {
        var request = CatchUpPartRequest.parseFrom(bytes);
        long id = request.getTransferId();
        byte[] state;
        synchronized (transfers) {
            state = transfers.get(id);
        }
        int position = request.getPosition();
        if (state == null || position < 0 || position > state.length) {
            throw new IOException("transfer " + id + " has no position " + position + " here");
        }
        int end = position + Math.min(state.length - position, PART_BYTES);
        if (end == state.length) {
            drop(id);
        }
        return Arrays.copyOfRange(state, position, end);
    }

    private void drop(long transferId) {
        synchronized (transfers) {
            transfers.remove(transferId);
        }
    }

    private byte[] prints(byte[] bytes) throws IOException {
        var request = CatchUpBatchesRequest.parseFrom(bytes);
        var read = read(request);
        var prints = BatchPrint.ofSound(read.batches());
        if (prints.isEmpty() && !read.isEmpty()) {
            origin(Uuids.parse(request.getRaftGroupId())).damaged(read.baseOffset());
            throw new IOException("the batch at offset " + read.baseOffset() + " has a wrong CRC here");
        }
        return BatchPrint.encode(prints);
    }

    private byte[] batches(byte[] bytes) throws IOException {
        var request = CatchUpBatchesRequest.parseFrom(bytes);
        var read = read(request);
        // Only what is as it was appended is served like this, so every offset is a record, but for those that seal a
        // segment.
        origin(Uuids.parse(request.getRaftGroupId()))
                .served(read.endOffset() - read.baseOffset(), read.batches().remaining());
        return array(read.batches());
    }

    byte[] file(byte[] bytes) throws IOException {
        var request = CatchUpFileRequest.parseFrom(bytes);
        var place = new FilePlace(request.getBaseOffset(), request.getGeneration(), request.getPosition());
        var origin = origin(Uuids.parse(request.getRaftGroupId()));
        var piece = origin.file(place, Math.min(request.getMaxBytes(), READ_MAX_BYTES));
        origin.served(0, piece.remaining());
        return array(piece);
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
