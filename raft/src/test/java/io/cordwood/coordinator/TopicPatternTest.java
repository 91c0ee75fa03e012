package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicPatternTest {
    /** The longest name that a topic may have; no pattern here matches it. */
    private static final String LONGEST = "a".repeat(248) + "-";

    /** Guards against hanging alone: each takes milliseconds. */
    private static final Duration NOT_AT_ALL = Duration.ofSeconds(30);

    static List<String> patternsThatBacktrackingNeverEnds() {
        return List.of(
                "(|)".repeat(85),
                "^?".repeat(128),
                "a?".repeat(128),
                "a*".repeat(128),
                "(|a)*".repeat(51),
                "()*".repeat(85),
                "(a*)*b",
                "(a*a*a*a*)*b",
                "((a?){5}){9}",
                "(?i)" + "[\\W\\d]*".repeat(31),
                "\\pL*".repeat(64));
    }

    @ParameterizedTest
    @MethodSource("patternsThatBacktrackingNeverEnds")
    void nameTakesNoMoreStepsThanCharactersTimesInstructions(String expression) {
        var matching = assertTimeoutPreemptively(NOT_AT_ALL, () -> {
            assertThat(TopicPattern.check(expression)).isEmpty();
            return matching(expression, LONGEST);
        });

        assertThat(matching).isEmpty();
    }

    static List<String> patternsThatAreTooLarge() {
        return List.of(
                "a{500}",
                "a{0,499}",
                "(?:){600}",
                "(((a{100}){100}){100})",
                "((a{1000}){1000}){9}",
                "((((((((a{1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}",
                "(?:(?:a){1,1000}){1000,}",
                "(?:(?:){" + "9".repeat(7) + "}){" + "9".repeat(7) + "}",
                "(?:){99999999999999999999}");
    }

    @ParameterizedTest
    @MethodSource("patternsThatAreTooLarge")
    void repetitionsByNumbersCountAsIfWrittenOut(String expression) {
        var refusal = assertTimeoutPreemptively(NOT_AT_ALL, () -> TopicPattern.check(expression));

        assertThat(refusal)
                .contains(new GroupRefusal(
                        GroupReason.INVALID_SUBSCRIPTION,
                        "pattern",
                        expression,
                        "at most 500 instructions, repetitions by numbers written out"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                "*",
                "a**",
                "(?=a).*",
                "(?!a).*",
                "(?<=a).*",
                "(a)\\1",
                "a++",
                "(?>a)",
                "(?x)(?:(?:){9 9 9 9 9 9 9}){9 9 9 9 9 9 9}",
                "a{1001}",
                "[a&&b",
                "\\p{Nothing}"
            })
    void whatIsNoExpressionOfRe2IsRefused(String expression) {
        var refusal = TopicPattern.check(expression).orElseThrow();

        assertThat(refusal.reason()).isEqualTo(GroupReason.INVALID_SUBSCRIPTION);
        assertThat(refusal.field()).isEqualTo("pattern");
        assertThat(refusal.value()).isEqualTo(expression);
        assertThat(refusal.limit()).startsWith("an expression of RE2: ");
    }

    /** RE2/J looks for the other case of the first one for ever. */
    @ParameterizedTest
    @ValueSource(strings = {"(?i)\u1c80", "(?i)\\x{1c80}", "(?i)[b-\\x{10ffff}]", "ä.*"})
    void charactersThatNoNameHasAreRefused(String expression) {
        var refusal = assertTimeoutPreemptively(NOT_AT_ALL, () -> TopicPattern.check(expression));

        assertThat(refusal).map(GroupRefusal::limit).contains("of the characters of ASCII, without \\x{...}");
    }

    @Test
    void longExpressionIsRefused() {
        assertThat(TopicPattern.check("x".repeat(256))).isEmpty();
        assertThat(TopicPattern.check("x".repeat(257)))
                .contains(new GroupRefusal(
                        GroupReason.INVALID_SUBSCRIPTION, "pattern", "257 characters", "at most 256 characters"));
    }

    @Test
    void wholeNamesMatch() {
        var names = new String[] {"Orders", "my-orders", "o", "orders", "orders-eu"};

        assertThat(matching("orders", names)).containsExactly("orders");
        assertThat(matching("o|orders", names)).containsExactly("o", "orders");
        assertThat(matching("(?i)orders(-[a-z]{2})?", names)).containsExactly("Orders", "orders", "orders-eu");
        assertThat(matching("^.*-\\w+$", names)).containsExactly("my-orders", "orders-eu");
        assertThat(matching("[[:alpha:]]+", names)).containsExactly("Orders", "o", "orders");
    }

    @Test
    void namesOfTheServersOwnNeverMatch() {
        assertThat(matching(".*", "__audit", "_mine")).containsExactly("_mine");
    }

    private static List<String> matching(String expression, String... names) {
        return Stream.of(names).filter(TopicPattern.of(expression)::matches).toList();
    }
}
