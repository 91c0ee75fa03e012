package io.cordwood.server.http;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Requests as people write them, in JSON or as parameters, made into messages.
 *
 * <p>Invariant: nothing that was written is passed over. What is no field, comes twice or stands behind the
 * object is refused.
 *
 * <p><b>Thread:</b> any; no state.
 *
 * <p><b>Source:</b> RFC 8259; the JSON mapping of proto3.
 */
final class RequestJson {
    private static final String BODY = "body";
    private static final JsonFormat.Parser PARSER = JsonFormat.parser();
    /** The words of the library, which has no other way to say it. */
    private static final Pattern UNKNOWN_FIELD = Pattern.compile("Cannot find field: (.+) in message (\\S+)");

    private static final Pattern PLACE = Pattern.compile("line \\d+ column \\d+ path \\S+");
    /** Messages that are a string in JSON. */
    private static final Set<String> TEXTS = Set.of(
            Duration.getDescriptor().getFullName(), Timestamp.getDescriptor().getFullName());

    private RequestJson() {}

    /**
     * An empty body is an empty message.
     *
     * @throws HttpRefusedException where the body is not the JSON of such a message
     */
    static Message ofBody(Message prototype, byte[] body) {
        var text = text(body);
        if (text.isBlank()) {
            return prototype;
        }
        requireObject(text, prototype.getDescriptorForType());
        return parsed(prototype, text);
    }

    /** @throws HttpRefusedException where a parameter is no field, or none that fits into a parameter */
    static Message ofQuery(Message prototype, Query query) {
        var type = prototype.getDescriptorForType();
        var builder = prototype.newBuilderForType();
        for (var name : query.names()) {
            var field = field(type, name).orElseThrow(() -> refused(name, "unknown", "one of " + names(type)));
            try {
                PARSER.merge(parameter(field, name, query).toString(), builder);
            } catch (InvalidProtocolBufferException e) {
                throw refused(name, String.join(", ", query.all(name)), "given once, as " + kind(field));
            }
        }
        return builder.build();
    }

    /** An object of this one field. */
    private static JsonObject parameter(FieldDescriptor field, String name, Query query) {
        var object = new JsonObject();
        if (field.isRepeated()) {
            var values = new JsonArray();
            query.all(name).forEach(values::add);
            object.add(name, values);
        } else {
            query.one(name).ifPresent(value -> object.addProperty(name, value));
        }
        return object;
    }

    private static String kind(FieldDescriptor field) {
        return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                ? field.getMessageType().getFullName()
                : field.getType().name().toLowerCase(Locale.ROOT);
    }

    private static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw refused(BODY, "no UTF-8", "JSON in UTF-8");
        }
    }

    /**
     * The parser of messages is lenient, reads no further than the first value and takes the last of two that
     * have the same name.
     */
    private static void requireObject(String text, Descriptor type) {
        var form = "one JSON object, that of " + type.getFullName();
        var reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        try {
            if (reader.peek() != JsonToken.BEGIN_OBJECT) {
                throw refused(BODY, "a JSON " + reader.peek(), form);
            }
            requireNamesOnce(reader);
            var unused = reader.peek(); // a strict one throws for whatever follows
        } catch (IOException e) {
            throw refused(BODY, "malformed JSON" + place(e), form);
        }
    }

    /** Reads one value. A list has no names: the set that stands for it stays empty. */
    private static void requireNamesOnce(JsonReader reader) throws IOException {
        var names = new ArrayDeque<Set<String>>();
        do {
            switch (reader.peek()) {
                case BEGIN_OBJECT -> {
                    reader.beginObject();
                    names.push(new HashSet<>());
                }
                case BEGIN_ARRAY -> {
                    reader.beginArray();
                    names.push(Set.of());
                }
                case NAME -> requireNew(reader.nextName(), names.element());
                case END_OBJECT -> {
                    reader.endObject();
                    names.pop();
                }
                case END_ARRAY -> {
                    reader.endArray();
                    names.pop();
                }
                case STRING, NUMBER, BOOLEAN, NULL -> reader.skipValue();
                case END_DOCUMENT -> throw new IllegalStateException("the end inside of " + names.size() + " values");
            }
        } while (!names.isEmpty());
    }

    private static void requireNew(String name, Set<String> names) {
        if (!names.add(name)) {
            throw refused(name, "given twice", "given once");
        }
    }

    private static String place(IOException malformed) {
        var found = PLACE.matcher(String.valueOf(malformed.getMessage()));
        return found.find() ? " at " + found.group() : "";
    }

    private static Message parsed(Message prototype, String json) {
        var builder = prototype.newBuilderForType();
        try {
            PARSER.merge(json, builder);
            return builder.build();
        } catch (InvalidProtocolBufferException e) {
            throw refusal(prototype.getDescriptorForType(), String.valueOf(e.getMessage()));
        }
    }

    private static HttpRefusedException refusal(Descriptor type, String problem) {
        var unknown = UNKNOWN_FIELD.matcher(problem);
        return unknown.matches()
                ? refused(unknown.group(1), "unknown", "a field of " + unknown.group(2))
                : refused(BODY, problem, "the JSON of " + type.getFullName());
    }

    private static Optional<FieldDescriptor> field(Descriptor type, String name) {
        return type.getFields().stream()
                .filter(RequestJson::fitsAParameter)
                .filter(field ->
                        field.getName().equals(name) || field.getJsonName().equals(name))
                .findFirst();
    }

    private static boolean fitsAParameter(FieldDescriptor field) {
        return field.getJavaType() != FieldDescriptor.JavaType.MESSAGE
                || TEXTS.contains(field.getMessageType().getFullName());
    }

    private static List<String> names(Descriptor type) {
        return type.getFields().stream()
                .filter(RequestJson::fitsAParameter)
                .map(FieldDescriptor::getJsonName)
                .toList();
    }

    private static HttpRefusedException refused(String field, String value, String limit) {
        return HttpRefusedException.field(HttpRefusedException.BAD_REQUEST, field, value, limit);
    }
}
