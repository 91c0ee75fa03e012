package io.cordwood.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class LineFitTest {
    @Test
    void pointsOnALineGiveThatLine() {
        var line = LineFit.of(List.of(1.0, 2.0, 4.0), List.of(5.0, 7.0, 11.0)).orElseThrow();

        assertThat(line.intercept()).isCloseTo(3, within(1e-9));
        assertThat(line.slope()).isCloseTo(2, within(1e-9));
    }

    @Test
    void distancesCancelOut() {
        var line = LineFit.of(List.of(0.0, 0.0, 1.0, 1.0), List.of(1.0, 3.0, 4.0, 6.0))
                .orElseThrow();

        assertThat(line.intercept()).isCloseTo(2, within(1e-9));
        assertThat(line.slope()).isCloseTo(3, within(1e-9));
    }

    @Test
    void pointsAboveEachOtherGiveNone() {
        assertThat(LineFit.of(List.of(), List.of())).isEmpty();
        assertThat(LineFit.of(List.of(1.0), List.of(2.0))).isEmpty();
        assertThat(LineFit.of(List.of(1.0, 1.0), List.of(2.0, 3.0))).isEmpty();
        assertThatThrownBy(() -> LineFit.of(List.of(1.0), List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
