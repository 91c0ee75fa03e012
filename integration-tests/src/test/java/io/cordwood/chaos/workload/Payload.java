package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * The bytes of a record: all of one length, and a function of its value.
 *
 * <p><b>Layout:</b> the value as text, {@code |}, and letters drawn from the value up to the length. A value
 * whose text is as long as that has the text and {@code |} only.
 *
 * <p><b>Thread:</b> immutable.
 */
public record Payload(int bytes) {
    private static final char END_OF_TEXT = '|';
    private static final int LETTERS = 26;

    public byte[] of(Value value) {
        return encoded(value, bytes);
    }

    /** The value; of bytes that belong to none one that nobody wrote, so that a checker finds it. */
    public static Value parse(byte[] payload) {
        var text = new String(payload, StandardCharsets.ISO_8859_1);
        int end = text.indexOf(END_OF_TEXT);
        if (end >= 0) {
            var value = Value.parse(text.substring(0, end));
            if (Arrays.equals(encoded(value, payload.length), payload)) {
                return value;
            }
        }
        return new Value("?damaged " + printable(text), 0);
    }

    private static byte[] encoded(Value value, int length) {
        var text = value.toString() + END_OF_TEXT;
        var encoded = Arrays.copyOf(text.getBytes(StandardCharsets.ISO_8859_1), Math.max(length, text.length()));
        var random = new SplittableRandom(31L * value.producer().hashCode() + value.number());
        for (int i = text.length(); i < encoded.length; i++) {
            encoded[i] = (byte) ('a' + random.nextInt(LETTERS));
        }
        return encoded;
    }

    private static String printable(String text) {
        var shown = text.substring(0, Math.min(text.length(), 64));
        return shown.chars()
                .mapToObj(c -> c >= ' ' && c <= '~' ? Character.toString(c) : ".")
                .collect(Collectors.joining());
    }
}
