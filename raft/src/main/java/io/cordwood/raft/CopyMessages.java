package io.cordwood.raft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.SegmentCopies;
import io.cordwood.proto.internal.v1.SegmentCopiesRequest;
import io.cordwood.proto.internal.v1.SegmentCopy;
import io.cordwood.proto.internal.v1.SegmentCopyState;
import io.cordwood.store.SegmentHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The exchange between nodes about copies of sealed segments. Thread: stateless. */
final class CopyMessages {
    static final String METHOD = "SegmentCopies";
    static final int VERSION = 1;
    /** Asked for at once. */
    static final int KEYS_MAX = 256;

    private static final int HASH_BYTES = 4 * Long.BYTES;

    private CopyMessages() {}

    /**
     * What is asked.
     *
     * @param withinMs what was found longer ago does not count; 0: whatever is known
     */
    record Question(UUID groupId, List<CopyKey> keys, long withinMs) {
        Question {
            keys = List.copyOf(keys);
        }
    }

    static byte[] encode(Question question) {
        var request = SegmentCopiesRequest.newBuilder()
                .setVersion(VERSION)
                .setRaftGroupId(Uuids.toBytes(question.groupId()))
                .setWithinMs(question.withinMs());
        question.keys().forEach(key -> request.addSegments(copy(key)));
        return request.build().toByteArray();
    }

    private static SegmentCopy.Builder copy(CopyKey key) {
        return SegmentCopy.newBuilder()
                .setBaseOffset(key.baseOffset())
                .setEndOffset(key.endOffset())
                .setGeneration(key.generation());
    }

    static Question decodeQuestion(byte[] bytes) throws IOException {
        var request = SegmentCopiesRequest.parseFrom(bytes);
        requireVersion(request.getVersion());
        if (request.getSegmentsCount() > KEYS_MAX) {
            throw new IOException(
                    request.getSegmentsCount() + " copies are asked for, at most " + KEYS_MAX + " are told");
        }
        return new Question(
                Uuids.parse(request.getRaftGroupId()),
                request.getSegmentsList().stream().map(CopyMessages::key).toList(),
                request.getWithinMs());
    }

    private static CopyKey key(SegmentCopy copy) {
        return new CopyKey(copy.getBaseOffset(), copy.getEndOffset(), copy.getGeneration());
    }

    private static void requireVersion(int version) throws IOException {
        if (version != VERSION) {
            throw new IOException("copies are spoken of in format version " + version + ", known is " + VERSION);
        }
    }

    /** @param reports in the order of the keys */
    static byte[] encode(List<CopyKey> keys, List<CopyReport> reports) {
        var answer = SegmentCopies.newBuilder().setVersion(VERSION);
        for (int i = 0; i < keys.size(); i++) {
            var report = reports.get(i);
            answer.addCopies(copy(keys.get(i))
                    .setState(state(report.kind()))
                    .setSizeBytes(report.copy().sizeBytes())
                    .setSha256(report.isSound() ? bytes(report.copy().hash()) : ByteString.EMPTY));
        }
        return answer.build().toByteArray();
    }

    private static SegmentCopyState state(CopyReport.Kind kind) {
        return switch (kind) {
            case SOUND -> SegmentCopyState.SEGMENT_COPY_STATE_SOUND;
            case DAMAGED -> SegmentCopyState.SEGMENT_COPY_STATE_DAMAGED;
            case ABSENT -> SegmentCopyState.SEGMENT_COPY_STATE_ABSENT;
            case PENDING, UNREACHABLE -> SegmentCopyState.SEGMENT_COPY_STATE_PENDING;
        };
    }

    /** In the order of the keys that were asked for. */
    static List<CopyReport> decodeReports(List<CopyKey> asked, byte[] bytes) throws IOException {
        var answer = parse(bytes);
        requireVersion(answer.getVersion());
        var keys = answer.getCopiesList().stream().map(CopyMessages::key).toList();
        if (!keys.equals(asked)) {
            throw new IOException("asked for the copies " + asked + ", told of " + keys);
        }
        var reports = new ArrayList<CopyReport>();
        for (var copy : answer.getCopiesList()) {
            reports.add(report(copy));
        }
        return reports;
    }

    private static SegmentCopies parse(byte[] bytes) throws IOException {
        try {
            return SegmentCopies.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("what was told of copies does not parse", e);
        }
    }

    private static CopyReport report(SegmentCopy copy) throws IOException {
        return switch (copy.getState()) {
            case SEGMENT_COPY_STATE_SOUND -> CopyReport.sound(size(copy), hash(copy.getSha256()));
            case SEGMENT_COPY_STATE_DAMAGED -> CopyReport.DAMAGED;
            case SEGMENT_COPY_STATE_ABSENT -> CopyReport.ABSENT;
            case SEGMENT_COPY_STATE_PENDING -> CopyReport.PENDING;
            case SEGMENT_COPY_STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw new IOException("a copy is in state " + copy.getStateValue() + ", which is not known");
        };
    }

    private static long size(SegmentCopy copy) throws IOException {
        if (copy.getSizeBytes() < 0) {
            throw new IOException("a copy has no size of " + copy.getSizeBytes());
        }
        return copy.getSizeBytes();
    }

    private static ByteString bytes(SegmentHash hash) {
        return ByteString.copyFrom(ByteBuffer.allocate(HASH_BYTES)
                .putLong(hash.first())
                .putLong(hash.second())
                .putLong(hash.third())
                .putLong(hash.fourth())
                .array());
    }

    private static SegmentHash hash(ByteString bytes) throws IOException {
        if (bytes.size() != HASH_BYTES) {
            throw new IOException("a hash has " + HASH_BYTES + " bytes, found " + bytes.size());
        }
        var words = bytes.asReadOnlyByteBuffer();
        return new SegmentHash(words.getLong(), words.getLong(), words.getLong(), words.getLong());
    }
}
