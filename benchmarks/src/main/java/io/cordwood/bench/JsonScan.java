package io.cordwood.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads what {@link JsonLine} writes.
 *
 * <p><b>Thread:</b> one, for one text.
 *
 * <p><b>Source:</b> RFC 8259, without nested values and literals.
 */
final class JsonScan {
    private static final int HEX = 16;
    private static final int UNICODE_DIGITS = 4;

    private final String text;
    private int position;

    JsonScan(String text) {
        this.text = text.strip();
    }

    Map<String, Object> object() {
        var fields = new LinkedHashMap<String, Object>();
        expect('{');
        while (peek() != '}') {
            if (!fields.isEmpty()) {
                expect(',');
            }
            var name = string();
            expect(':');
            fields.put(name, peek() == '"' ? string() : number());
        }
        expect('}');
        if (position != text.length()) {
            throw bad("the end");
        }
        return fields;
    }

    private char peek() {
        while (position < text.length() && text.charAt(position) == ' ') {
            position++;
        }
        return position < text.length() ? text.charAt(position) : '\0';
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw bad("'" + wanted + "'");
        }
        position++;
    }

    private String string() {
        expect('"');
        var value = new StringBuilder();
        while (position < text.length() && text.charAt(position) != '"') {
            char c = text.charAt(position++);
            value.append(c == '\\' ? escaped() : c);
        }
        expect('"');
        return value.toString();
    }

    private char escaped() {
        char c = position < text.length() ? text.charAt(position++) : '\0';
        if (c == '"' || c == '\\' || c == '/') {
            return c;
        }
        if (c != 'u' || position + UNICODE_DIGITS > text.length()) {
            throw bad("an escape");
        }
        position += UNICODE_DIGITS;
        return (char) Integer.parseInt(text.substring(position - UNICODE_DIGITS, position), HEX);
    }

    private Double number() {
        int start = position;
        while (position < text.length() && "+-.0123456789eE".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        try {
            return Double.valueOf(text.substring(start, position));
        } catch (NumberFormatException e) {
            throw bad("a number");
        }
    }

    private IllegalArgumentException bad(String wanted) {
        return new IllegalArgumentException(
                "not a flat JSON object, " + wanted + " expected at " + position + ": " + text);
    }
}
