package io.cordwood.raft;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.UUID;

/** The forms of a UUID on the wire: 16 bytes, and 22 characters of base64url. */
final class Uuids {
    private Uuids() {}

    static ByteString toBytes(UUID id) {
        return ByteString.copyFrom(array(id));
    }

    static UUID parse(ByteString bytes) {
        if (bytes.size() != 2 * Long.BYTES) {
            throw new IllegalArgumentException("a UUID has 16 bytes, found " + bytes.size());
        }
        var buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    static String toText(UUID id) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(array(id));
    }

    private static byte[] array(UUID id) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }
}
