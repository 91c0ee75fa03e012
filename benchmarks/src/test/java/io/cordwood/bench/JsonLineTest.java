package io.cordwood.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class JsonLineTest {
    @Test
    void whatIsWrittenIsReadBack() {
        var line = JsonLine.empty()
                .with("text", "a \"quoted\" \\ one\nand two")
                .with("whole", 20_000_000L)
                .with("broken", -1.25e-7);

        assertThat(JsonLine.parse(line.toString())).isEqualTo(line);
        assertThat(line.toString()).doesNotContain("\n").contains("\"whole\":20000000,");
    }

    @Test
    void emptyObjectIsReadBack() {
        assertThat(JsonLine.parse(" { } ")).isEqualTo(JsonLine.empty());
    }

    @Test
    void minusLeavesWhatTheOtherHasNot() {
        var line = JsonLine.empty().with("same", 1).with("changed", "a").with("only", 2);

        assertThat(line.minus(JsonLine.empty().with("same", 1).with("changed", "b")))
                .isEqualTo(JsonLine.empty().with("changed", "a").with("only", 2));
    }

    @Test
    void laterFieldsWin() {
        var line =
                JsonLine.empty().with("a", 1).with(JsonLine.empty().with("a", 2).with("b", "x"));

        assertThat(line.require("a")).isEqualTo(2);
        assertThat(line.text("b")).isEqualTo("x");
    }

    @Test
    void numberThatJsonCannotHoldIsLeftOut() {
        assertThat(JsonLine.empty().with("a", Double.NaN).with("b", Double.POSITIVE_INFINITY))
                .isEqualTo(JsonLine.empty());
    }

    @Test
    void missingNumberIsNamed() {
        assertThatThrownBy(() -> JsonLine.empty().require("p50Ms")).hasMessageContaining("p50Ms");
    }

    @Test
    void badTextIsRefused() {
        for (String bad :
                List.of("", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1}x", "{\"a\":{}}", "[1]", "{\"a\":\"b}")) {
            assertThatThrownBy(() -> JsonLine.parse(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
