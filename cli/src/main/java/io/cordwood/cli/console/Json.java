package io.cordwood.cli.console;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes values as compact JSON: null, booleans, numbers, strings, lists and maps in their own order. */
public final class Json {
    private Json() {}

    public static String of(@Nullable Object value) {
        var text = new StringBuilder();
        write(text, value);
        return text.toString();
    }

    private static void write(StringBuilder text, @Nullable Object value) {
        if (value == null || value instanceof Boolean || value instanceof Number) {
            text.append(value);
        } else if (value instanceof Map<?, ?> map) {
            writeMap(text, map);
        } else if (value instanceof List<?> list) {
            writeList(text, list);
        } else {
            writeString(text, value.toString());
        }
    }

    private static void writeMap(StringBuilder text, Map<?, ?> map) {
        var separator = "{";
        for (var entry : map.entrySet()) {
            text.append(separator);
            writeString(text, String.valueOf(entry.getKey()));
            text.append(':');
            write(text, entry.getValue());
            separator = ",";
        }
        text.append(map.isEmpty() ? "{}" : "}");
    }

    private static void writeList(StringBuilder text, List<?> list) {
        var separator = "[";
        for (var element : list) {
            text.append(separator);
            write(text, element);
            separator = ",";
        }
        text.append(list.isEmpty() ? "[]" : "]");
    }

    private static void writeString(StringBuilder text, String value) {
        text.append('"');
        for (var i = 0; i < value.length(); i++) {
            writeCharacter(text, value.charAt(i));
        }
        text.append('"');
    }

    private static void writeCharacter(StringBuilder text, char character) {
        switch (character) {
            case '"' -> text.append("\\\"");
            case '\\' -> text.append("\\\\");
            case '\n' -> text.append("\\n");
            case '\r' -> text.append("\\r");
            case '\t' -> text.append("\\t");
            default -> {
                if (character < ' ') {
                    text.append(String.format("\\u%04x", (int) character));
                } else {
                    text.append(character);
                }
            }
        }
    }
}
