package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.proto.internal.v1.Command;
import io.cordwood.proto.internal.v1.MetadataSnapshot;
import io.cordwood.proto.internal.v1.Result;
import java.nio.ByteBuffer;

/**
 * Bytes of metadata commands, results and snapshots.
 *
 * <table>
 * <caption>Layout of an entry in the metadata group's raft log, big-endian</caption>
 * <tr><td>0</td><td>int32</td><td>format version, {@value #COMMAND_VERSION}</td></tr>
 * <tr><td>4</td><td>bytes</td><td>protobuf {@code cordwood.internal.v1.Command}</td></tr>
 * </table>
 *
 * <p>An unknown version or command throws {@link NewerFormatException}: the replica stops, nothing is skipped.
 *
 * <p>Thread: stateless.
 */
final class MetadataCodec {
    static final int COMMAND_VERSION = 1;

    /** Far below the largest raft entry: one above it would depose the leader. */
    static final int MAX_COMMAND_BYTES = 512 * 1024;

    private MetadataCodec() {}

    static byte[] encode(MetadataCommand command) {
        return versioned(CommandMessages.of(command));
    }

    static MetadataCommand decodeCommand(ByteBuffer bytes) {
        try {
            return CommandMessages.parse(Command.parseFrom(body(bytes)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new NewerFormatException("metadata command does not parse: " + e.getMessage(), e);
        }
    }

    static byte[] encode(MetadataResult result) {
        return versioned(ResultMessages.of(result));
    }

    static MetadataResult decodeResult(ByteBuffer bytes) {
        try {
            return ResultMessages.parse(Result.parseFrom(body(bytes)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new NewerFormatException("metadata result does not parse: " + e.getMessage(), e);
        }
    }

    static byte[] encode(Snapshot snapshot) {
        return MetadataSnapshot.newBuilder()
                .setTerm(snapshot.term())
                .setIndex(snapshot.index())
                .setImage(ImageMessages.of(snapshot.image()))
                .build()
                .toByteArray();
    }

    static Snapshot decodeSnapshot(ByteBuffer bytes) {
        try {
            var message = MetadataSnapshot.parseFrom(bytes);
            return new Snapshot(message.getTerm(), message.getIndex(), ImageMessages.parse(message.getImage()));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new NewerFormatException("metadata snapshot does not parse: " + e.getMessage(), e);
        }
    }

    private static byte[] versioned(Message message) {
        var body = message.toByteArray();
        return ByteBuffer.allocate(Integer.BYTES + body.length)
                .putInt(COMMAND_VERSION)
                .put(body)
                .array();
    }

    private static ByteBuffer body(ByteBuffer bytes) {
        var buffer = bytes.duplicate();
        int version = buffer.remaining() < Integer.BYTES ? 0 : buffer.getInt();
        if (version != COMMAND_VERSION) {
            throw new NewerFormatException("metadata entry of format version " + version
                    + ", this program knows version " + COMMAND_VERSION + ": run a newer one");
        }
        return buffer;
    }

    /** The metadata at a term and index of the raft log. */
    record Snapshot(long term, long index, MetadataImage image) {}
}
