package io.cordwood.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * One flat JSON object of texts and numbers, on one line: what a measurement hands to the next process or run.
 *
 * <p>Invariant: {@code parse(line.toString())} equals {@code line}. Only what {@link #toString} writes is understood: no nested
 * values, no {@code null}, no booleans.
 *
 * <p><b>Thread:</b> immutable.
 */
public record JsonLine(Map<String, Object> fields) {
    public JsonLine {
        for (var value : fields.values()) {
            if (!(value instanceof String) && !(value instanceof Double)) {
                throw new IllegalArgumentException("neither text nor number: " + value);
            }
        }
        fields = new LinkedHashMap<>(fields);
    }

    public static JsonLine empty() {
        return new JsonLine(Map.of());
    }

    /** @throws IllegalArgumentException for anything that is not one flat object */
    public static JsonLine parse(String text) {
        return new JsonLine(new JsonScan(text).object());
    }

    public JsonLine with(String name, String value) {
        return plus(name, value);
    }

    /** A number that JSON cannot hold (NaN, infinite) is left out. */
    public JsonLine with(String name, double value) {
        return Double.isFinite(value) ? plus(name, value) : this;
    }

    public JsonLine with(String name, long value) {
        return plus(name, (double) value);
    }

    /** All fields of both; the other's win. */
    public JsonLine with(JsonLine other) {
        var both = new LinkedHashMap<>(fields);
        both.putAll(other.fields);
        return new JsonLine(both);
    }

    /** The fields that the other one has not, or has otherwise. */
    public JsonLine minus(JsonLine other) {
        var rest = new LinkedHashMap<>(fields);
        rest.entrySet().removeAll(other.fields.entrySet());
        return new JsonLine(rest);
    }

    /** Empty text where there is none. */
    public String text(String name) {
        return fields.get(name) instanceof String value ? value : "";
    }

    public OptionalDouble number(String name) {
        return fields.get(name) instanceof Double value ? OptionalDouble.of(value) : OptionalDouble.empty();
    }

    /** @throws IllegalArgumentException where there is no such number */
    public double require(String name) {
        return number(name).orElseThrow(() -> new IllegalArgumentException("no number '" + name + "' in " + this));
    }

    @Override
    public String toString() {
        return fields.entrySet().stream()
                .map(field -> quoted(field.getKey()) + ":" + written(field.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private JsonLine plus(String name, Object value) {
        var more = new LinkedHashMap<>(fields);
        more.put(name, value);
        return new JsonLine(more);
    }

    private static String written(Object value) {
        if (value instanceof String text) {
            return quoted(text);
        }
        double number = (Double) value;
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? String.format(Locale.ROOT, "%.0f", number)
                : Double.toString(number);
    }

    private static String quoted(String text) {
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
