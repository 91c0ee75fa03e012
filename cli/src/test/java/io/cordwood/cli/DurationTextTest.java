package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DurationTextTest {
    @ParameterizedTest
    @CsvSource({"500ms, PT0.5S", "10s, PT10S", "2m, PT2M", "1h, PT1H", "20S, PT20S"})
    void readsNumberAndUnit(String text, Duration expected) {
        assertThat(DurationText.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "PT0S, 0.0 s",
        "PT4.25S, 4.3 s",
        "PT9.9S, 9.9 s",
        "PT10S, 10 s",
        "PT119.9S, 119 s",
        "PT2M, 2 min",
        "PT119M59S, 119 min",
        "PT2H, 2 h",
        "PT47H59M, 47 h",
        "P2D, 2 d"
    })
    void tellsOneUnit(Duration duration, String expected) {
        assertThat(DurationText.of(duration)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "s", "-1s", "1.5s", "10 s", "1d", "0ms", "9999999999s"})
    void refusesAnythingElse(String text) {
        assertThatThrownBy(() -> DurationText.parse(text)).hasMessageContaining("'" + text + "'");
    }
}
