package io.cordwood.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SteadyLoadTest {
    @Test
    void intervalIsThatOfOnePartition() {
        assertThat(new SteadyLoad.Stream("topic", List.of(3, 17), 40, 100).interval())
                .isEqualTo(Duration.ofMillis(50));
        assertThat(SteadyLoad.Stream.toAll("topic", 100, 2_000, 100).interval()).isEqualTo(Duration.ofMillis(50));
    }

    @Test
    void eachPartitionHasARecordASecond() {
        assertThat(SteadyLoad.Stream.toAll("topic", 3, 3, 100).partitions()).containsExactly(0, 1, 2);
        assertThatThrownBy(() -> new SteadyLoad.Stream("topic", List.of(3, 17), 1, 100))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SteadyLoad.Stream.toAll("topic", 0, 1, 100))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
