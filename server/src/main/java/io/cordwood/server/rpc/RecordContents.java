package io.cordwood.server.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.cordwood.batch.BatchRecord;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.HeaderField;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.StoredRecord;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keys, values and headers between the form that people read and bytes.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class RecordContents {
    private static final int NANOS_PER_MILLI = 1_000_000;
    /** A parsed value takes many times the memory of its text. */
    private static final int JSON_MAX_CHARS = 64 << 10;

    private RecordContents() {}

    /** Null for an absent content. */
    static byte @Nullable [] bytes(RecordContent content) {
        return switch (content.getContentCase()) {
            case DATA -> content.getData().toByteArray();
            case TEXT -> content.getText().getBytes(StandardCharsets.UTF_8);
            case JSON -> JsonText.of(content.getJson()).getBytes(StandardCharsets.UTF_8);
            case CONTENT_NOT_SET -> null;
        };
    }

    static StoredRecord stored(BatchRecord record, Encoding encoding) {
        var stored = StoredRecord.newBuilder().setOffset(record.offset());
        if (record.timestamp() >= 0) {
            stored.setTimestamp(timestamp(record.timestamp()));
        }
        var key = record.key();
        if (key != null) {
            stored.setKey(content(key, encoding));
        }
        var value = record.value();
        if (value != null) {
            stored.setValue(content(value, encoding));
        }
        for (var header : record.headers()) {
            var field = HeaderField.newBuilder().setKey(header.key());
            var bytes = header.value();
            if (bytes != null) {
                field.setValue(content(ByteBuffer.wrap(bytes), encoding));
            }
            stored.addHeaders(field);
        }
        return stored.build();
    }

    static Timestamp timestamp(long millis) {
        return Timestamp.newBuilder()
                .setSeconds(Math.floorDiv(millis, 1_000))
                .setNanos(Math.floorMod(millis, 1_000) * NANOS_PER_MILLI)
                .build();
    }

    private static RecordContent content(ByteBuffer bytes, Encoding encoding) {
        var data = ByteString.copyFrom(bytes.duplicate());
        var text = encoding == Encoding.ENCODING_BYTES ? Optional.<String>empty() : text(bytes);
        return text.filter(candidate -> candidate.length() <= JSON_MAX_CHARS && asksForJson(encoding, candidate))
                .flatMap(JsonText::parse)
                .map(json -> RecordContent.newBuilder().setJson(json).build())
                .or(() -> text.map(t -> RecordContent.newBuilder().setText(t).build()))
                .orElseGet(() -> RecordContent.newBuilder().setData(data).build());
    }

    private static boolean asksForJson(Encoding encoding, String text) {
        var start = text.stripLeading();
        return switch (encoding) {
            case ENCODING_JSON -> true;
            case ENCODING_AUTO, ENCODING_UNSPECIFIED -> start.startsWith("{") || start.startsWith("[");
            case ENCODING_TEXT, ENCODING_BYTES, UNRECOGNIZED -> false;
        };
    }

    private static Optional<String> text(ByteBuffer bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(bytes.duplicate())
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
