package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final long BEGIN = -5;

    @Test
    void soManyAreDueAsTheTimeHasRoomFor() {
        var pace = new Pace(100, BEGIN);

        assertThat(pace.due(BEGIN)).isZero();
        assertThat(pace.due(at(10))).isEqualTo(1);
        assertThat(pace.due(at(10))).isZero();
        assertThat(pace.due(at(1_000))).isEqualTo(99);
    }

    @Test
    void whatIsLessThanOneIsNotLost() {
        var pace = new Pace(3, BEGIN);

        int due = 0;
        for (int millis = 0; millis <= 2_000; millis += 7) {
            due += pace.due(at(millis));
        }

        assertThat(due).isEqualTo(5);
    }

    @Test
    void aHaltIsMadeUpForInPartOnly() {
        var pace = new Pace(100, BEGIN);

        assertThat(pace.due(at(60_000))).isEqualTo(200);
        assertThat(pace.due(at(61_000))).isEqualTo(100);
    }

    @Test
    void nothingPerSecondIsNoPace() {
        assertThatThrownBy(() -> new Pace(0, BEGIN)).hasMessageContaining("0.0 per second");
    }

    private static long at(long millis) {
        return BEGIN + TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
