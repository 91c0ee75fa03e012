package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WorkloadsTest {
    private record Fake(String name, boolean ends) implements Workload {
        @Override
        public void start() {}

        @Override
        public void stop() {}

        @Override
        public boolean drain(Duration patience) {
            return ends;
        }

        @Override
        public Counts counts() {
            return new Counts(9, 1, 2, 3);
        }

        @Override
        public Optional<Throwable> failure() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }

    @Test
    void thoseThatDoNotEndAreNamed() {
        var group = List.<Workload>of(
                new Fake("producer-0", true), new Fake("producer-1", false), new Fake("conditional-0", false));

        assertThat(Workloads.end(group, Duration.ZERO))
                .containsExactly("producer-1 with 3 under way", "conditional-0 with 3 under way");
    }
}
