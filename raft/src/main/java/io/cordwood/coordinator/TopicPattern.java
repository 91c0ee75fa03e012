package io.cordwood.coordinator;

import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * An expression for names of topics, in the syntax of {@link Pattern}, that is matched with the whole name at a bounded
 * cost: an expression may take exponential time for a short name.
 *
 * <p><b>Thread:</b> any; immutable.
 */
final class TopicPattern {
    static final int MAX_LENGTH = 256;

    /** Looks at characters of one name; a name has 249 at most. */
    private static final int MAX_STEPS = 20_000;

    /** Names that take too long; once there are as many the others are not tried. */
    private static final int MAX_COSTLY = 20;

    /** Steps that look at no character are not counted; only repetitions by numbers make many of them. */
    private static final int MAX_REPETITIONS = 10_000;

    private static final Pattern COUNTS = Pattern.compile("\\{([0-9]+)(?:,([0-9]*))?");

    private final Pattern pattern;

    private TopicPattern(Pattern pattern) {
        this.pattern = pattern;
    }

    /** What the expression breaks, whatever topics there are. */
    static Optional<GroupRefusal> check(String expression) {
        if (expression.length() > MAX_LENGTH) {
            return refused(expression.length() + " characters", "at most " + MAX_LENGTH + " characters");
        }
        if (repetitions(expression) > MAX_REPETITIONS) {
            return refused(expression, "without repetitions in braces that multiply to more than " + MAX_REPETITIONS);
        }
        try {
            Pattern.compile(expression);
            return Optional.empty();
        } catch (PatternSyntaxException e) {
            return refused(expression, "a regular expression: " + e.getDescription() + " at " + e.getIndex());
        }
    }

    /** The product of all numbers of repetitions, as if each stood within all others. */
    private static long repetitions(String expression) {
        long product = 1;
        var counts = COUNTS.matcher(expression);
        while (counts.find() && product <= MAX_REPETITIONS) {
            product *= Math.max(count(counts.group(1)), count(counts.group(2)));
        }
        return product;
    }

    private static long count(@Nullable String digits) {
        if (digits == null || digits.isEmpty()) {
            return 1;
        }
        return digits.length() > 9 ? MAX_REPETITIONS + 1 : Math.max(1, Long.parseLong(digits));
    }

    private static Optional<GroupRefusal> refused(String value, String limit) {
        return Optional.of(new GroupRefusal(GroupReason.INVALID_SUBSCRIPTION, "pattern", value, limit));
    }

    /** @param expression that {@link #check} found nothing in */
    static TopicPattern of(String expression) {
        return new TopicPattern(Pattern.compile(expression));
    }

    /** Names of the server's own are left out. */
    Matches matching(Collection<String> names) {
        var matching = new TreeSet<String>();
        var undecided = new TreeSet<String>();
        for (String name : names) {
            try {
                if (undecided.size() >= MAX_COSTLY) {
                    undecided.add(name);
                } else if (!name.startsWith("__")
                        && pattern.matcher(new CountedText(name)).matches()) {
                    matching.add(name);
                }
            } catch (TooCostlyException | StackOverflowError e) { // groups within groups recurse
                undecided.add(name);
            }
        }
        return new Matches(matching, undecided);
    }

    /**
     * What is known of names.
     *
     * @param names that match
     * @param undecided names of which it would take too long to find out
     */
    record Matches(SortedSet<String> names, SortedSet<String> undecided) {
        Matches {
            names = Collections.unmodifiableSortedSet(new TreeSet<>(names));
            undecided = Collections.unmodifiableSortedSet(new TreeSet<>(undecided));
        }

        /** Where others matched before: what was not decided is as it was. */
        SortedSet<String> after(SortedSet<String> before) {
            var now = new TreeSet<>(undecided);
            now.retainAll(before);
            now.addAll(names);
            return now;
        }
    }

    /** A text whose every look is counted. */
    private static final class CountedText implements CharSequence {
        private final String text;
        private int steps;

        CountedText(String text) {
            this.text = text;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++steps > MAX_STEPS) {
                throw new TooCostlyException();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final class TooCostlyException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooCostlyException() {
            super("more than " + MAX_STEPS + " steps", null, false, false);
        }
    }
}
