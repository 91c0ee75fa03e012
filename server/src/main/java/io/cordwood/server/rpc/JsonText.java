package io.cordwood.server.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * JSON values as compact text and back. A number without fraction is written without one.
 *
 * <p><b>Thread:</b> any; no state.
 *
 * <p><b>Source:</b> RFC 8259.
 */
final class JsonText {
    /** Beyond it a double does not hold every integer. */
    private static final double EXACT_MAX = 1L << 53;

    private JsonText() {}

    static String of(Value value) {
        return switch (value.getKindCase()) {
            case NULL_VALUE, KIND_NOT_SET -> "null";
            case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
            case NUMBER_VALUE -> number(value.getNumberValue());
            case STRING_VALUE -> quoted(value.getStringValue());
            case LIST_VALUE ->
                value.getListValue().getValuesList().stream()
                        .map(JsonText::of)
                        .collect(Collectors.joining(",", "[", "]"));
            case STRUCT_VALUE ->
                value.getStructValue().getFieldsMap().entrySet().stream()
                        .map(field -> quoted(field.getKey()) + ":" + of(field.getValue()))
                        .collect(Collectors.joining(",", "{", "}"));
        };
    }

    /** Empty where the text is no JSON, or holds a number that a protobuf value would change. */
    static Optional<Value> parse(String text) {
        try {
            var value = Value.newBuilder();
            JsonFormat.parser().merge(text, value);
            return isExact(value.build()) ? Optional.of(value.build()) : Optional.empty();
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    private static boolean isExact(Value value) {
        return switch (value.getKindCase()) {
            case NUMBER_VALUE -> Math.abs(value.getNumberValue()) <= EXACT_MAX;
            case LIST_VALUE -> value.getListValue().getValuesList().stream().allMatch(JsonText::isExact);
            case STRUCT_VALUE ->
                value.getStructValue().getFieldsMap().values().stream().allMatch(JsonText::isExact);
            case NULL_VALUE, BOOL_VALUE, STRING_VALUE, KIND_NOT_SET -> true;
        };
    }

    private static String number(double number) {
        boolean whole = number == Math.rint(number) && Math.abs(number) <= EXACT_MAX;
        return whole ? Long.toString((long) number) : Double.toString(number);
    }

    private static String quoted(String text) {
        var quoted = new StringBuilder(text.length() + 2).append('"');
        text.chars().forEach(c -> {
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (c < ' ') {
                        quoted.append(String.format(Locale.ROOT, "\\u%04x", c));
                    } else {
                        quoted.append((char) c);
                    }
                }
            }
        });
        return quoted.append('"').toString();
    }
}
