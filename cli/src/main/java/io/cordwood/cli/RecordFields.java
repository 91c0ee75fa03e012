package io.cordwood.cli;

import io.cordwood.batch.RecordHeader;
import io.cordwood.cli.RecordFormat.Part;
import io.cordwood.cli.console.Json;
import io.cordwood.client.ConsumedRecord;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a template can show of a record. A null key or value is shown as nothing, in JSON as null. */
final class RecordFields {
    private RecordFields() {}

    /** @param modifier the word in braces, or empty */
    static Optional<Part> of(char name, String modifier) {
        if (name == 'd') {
            return time(modifier);
        }
        if (name == 'k' || name == 'v') {
            return form(modifier).isEmpty()
                    ? Optional.empty()
                    : Optional.of(name == 'k' ? key(modifier) : value(modifier));
        }
        return modifier.isEmpty() ? plain(name) : Optional.empty();
    }

    static Part literal(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        return (record, line) -> line.writeBytes(bytes);
    }

    static Part value(String modifier) {
        var form = form(modifier).orElseThrow();
        return (record, line) -> form.write(record.value(), line);
    }

    static void json(ConsumedRecord record, ByteArrayOutputStream line) {
        var values = new LinkedHashMap<String, @Nullable Object>();
        values.put("topic", record.topic());
        values.put("partition", record.partition());
        values.put("offset", record.offset());
        values.put("timestamp", time(record));
        putContent(values, "key", record.key());
        putContent(values, "value", record.value());
        if (!record.headers().isEmpty()) {
            values.put(
                    "headers",
                    record.headers().stream().map(RecordFields::header).toList());
        }
        append(line, Json.of(values));
    }

    static String time(ConsumedRecord record) {
        return Instant.ofEpochMilli(record.timestampMs()).toString();
    }

    static void append(ByteArrayOutputStream line, String text) {
        line.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Part key(String modifier) {
        var form = form(modifier).orElseThrow();
        return (record, line) -> form.write(record.key(), line);
    }

    private static Optional<Part> plain(char name) {
        return switch (name) {
            case 't' -> text(ConsumedRecord::topic);
            case 'p' -> text(record -> String.valueOf(record.partition()));
            case 'o' -> text(record -> String.valueOf(record.offset()));
            case 'h' -> text(RecordFields::headers);
            case 'K' -> text(record -> size(record.key()));
            case 'V' -> text(record -> size(record.value()));
            case '%' -> Optional.of(literal("%"));
            default -> Optional.empty();
        };
    }

    private static Optional<Part> time(String modifier) {
        return switch (modifier) {
            case "", "rfc3339" -> text(RecordFields::time);
            case "epoch-ms" -> text(record -> String.valueOf(record.timestampMs()));
            default -> Optional.empty();
        };
    }

    private static Optional<Part> text(Function<ConsumedRecord, String> field) {
        return Optional.of((record, line) -> append(line, field.apply(record)));
    }

    /** A way to show bytes. */
    @FunctionalInterface
    private interface Form {
        void write(byte @Nullable [] bytes, ByteArrayOutputStream line);
    }

    private static Optional<Form> form(String modifier) {
        return switch (modifier) {
            case "", "text" ->
                Optional.of((bytes, line) -> {
                    if (bytes != null) {
                        line.writeBytes(bytes);
                    }
                });
            case "hex" ->
                Optional.of((bytes, line) ->
                        append(line, bytes == null ? "" : HexFormat.of().formatHex(bytes)));
            case "base64" ->
                Optional.of((bytes, line) ->
                        append(line, bytes == null ? "" : Base64.getEncoder().encodeToString(bytes)));
            case "json" -> Optional.of((bytes, line) -> append(line, Json.of(bytes == null ? null : lossyText(bytes))));
            default -> Optional.empty();
        };
    }

    /** Text where the bytes are UTF-8, else base64 under a name that says so. */
    private static void putContent(Map<String, @Nullable Object> values, String name, byte @Nullable [] bytes) {
        var text = bytes == null ? null : utf8(bytes);
        if (bytes != null && text == null) {
            values.put(name + "Base64", Base64.getEncoder().encodeToString(bytes));
        } else {
            values.put(name, text);
        }
    }

    private static String headers(ConsumedRecord record) {
        return record.headers().stream().map(RecordFields::headerText).collect(Collectors.joining(","));
    }

    private static String headerText(RecordHeader header) {
        return header.key() + "=" + (header.value() == null ? "" : lossyText(header.value()));
    }

    private static Map<String, @Nullable Object> header(RecordHeader header) {
        var values = new LinkedHashMap<String, @Nullable Object>();
        values.put("key", header.key());
        putContent(values, "value", header.value());
        return values;
    }

    private static String size(byte @Nullable [] bytes) {
        return bytes == null ? "0" : String.valueOf(bytes.length);
    }

    private static String lossyText(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
