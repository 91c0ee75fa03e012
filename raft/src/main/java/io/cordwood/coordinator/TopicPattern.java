package io.cordwood.coordinator;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An expression for names of topics, in the syntax of RE2, that is matched with the whole name. Whatever it says, each
 * character of a name takes at most one step for each instruction that it was compiled to.
 *
 * <p><b>Thread:</b> any; immutable.
 *
 * <p><b>Source:</b> Russ Cox, Regular Expression Matching: the Virtual Machine Approach.
 */
final class TopicPattern {
    static final int MAX_LENGTH = 256;

    /** Without repetitions by numbers no expression comes to as many. */
    static final int MAX_INSTRUCTIONS = 500;

    /** Repetitions by numbers are written out when it is compiled: so many characters, as if each stood within all others. */
    private static final int MAX_WRITTEN_OUT = 100_000;

    private static final java.util.regex.Pattern COUNTS = java.util.regex.Pattern.compile("\\{([0-9]+)(?:,([0-9]+))?");

    private final Pattern pattern;

    private TopicPattern(Pattern pattern) {
        this.pattern = pattern;
    }

    /** What the expression breaks, whatever topics there are. */
    static Optional<GroupRefusal> check(String expression) {
        if (expression.length() > MAX_LENGTH) {
            return refused(expression.length() + " characters", "at most " + MAX_LENGTH + " characters");
        }
        if (!isPlain(expression)) {
            return refused(expression, "of the characters of ASCII, without \\x{...}");
        }
        if (writtenOut(expression) > MAX_WRITTEN_OUT) {
            return tooLarge(expression);
        }
        try {
            return Pattern.compile(expression).programSize() > MAX_INSTRUCTIONS
                    ? tooLarge(expression)
                    : Optional.empty();
        } catch (PatternSyntaxException e) {
            return refused(expression, "an expression of RE2: " + e.getDescription() + " at '" + e.getPattern() + "'");
        }
    }

    /**
     * Names of topics have no other characters. With the flag for both cases RE2/J looks for the other case of each character,
     * and never ends where Java knows of newer ones than its tables do.
     */
    private static boolean isPlain(String expression) {
        return expression.chars().allMatch(character -> character < 0x80) && !expression.contains("\\x{");
    }

    private static long writtenOut(String expression) {
        long characters = expression.length();
        var counts = COUNTS.matcher(expression);
        while (counts.find() && characters <= MAX_WRITTEN_OUT) {
            characters *= Math.max(1, Math.max(count(counts.group(1)), count(counts.group(2))));
        }
        return characters;
    }

    private static long count(@Nullable String digits) {
        if (digits == null) {
            return 1;
        }
        return digits.length() > 9 ? MAX_WRITTEN_OUT + 1 : Long.parseLong(digits);
    }

    private static Optional<GroupRefusal> tooLarge(String expression) {
        return refused(expression, "at most " + MAX_INSTRUCTIONS + " instructions, repetitions by numbers written out");
    }

    private static Optional<GroupRefusal> refused(String value, String limit) {
        return Optional.of(new GroupRefusal(GroupReason.INVALID_SUBSCRIPTION, "pattern", value, limit));
    }

    /** @param expression that {@link #check} found nothing in */
    static TopicPattern of(String expression) {
        return new TopicPattern(Pattern.compile(expression));
    }

    /** What it takes to match this name, at most. */
    long steps(String name) {
        return (name.length() + 1L) * pattern.programSize();
    }

    /** Names of the server's own never match. */
    boolean matches(String name) {
        return !name.startsWith("__") && pattern.matches(name);
    }
}
