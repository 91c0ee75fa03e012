package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Recorder;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ThreadedWorkloadTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final AtomicBoolean closed = new AtomicBoolean();

    @FunctionalInterface
    private interface Step {
        Optional<Duration> take(boolean stopping) throws InterruptedException;
    }

    @Test
    void comesToAnEndWhenItsActorHasNothingLeftToDo() {
        var left = new AtomicInteger(3);
        try (var workload = workload(stopping -> {
            boolean more = !stopping || left.getAndDecrement() > 0;
            return more ? Optional.of(Duration.ZERO) : Optional.empty();
        })) {
            workload.start();
            assertThat(workload.drain(Duration.ofMillis(1))).isFalse();
            workload.stop();

            assertThat(workload.drain(LONG)).isTrue();
            assertThat(left.get()).isNegative();
            assertThat(workload.failure()).isEmpty();
        }
        assertThat(closed).isTrue();
    }

    @Test
    void aFaultOfTheActorIsTold() {
        try (var workload = workload(stopping -> {
            throw new IllegalStateException("a bug");
        })) {
            workload.start();

            assertThat(workload.drain(LONG)).isTrue();
            assertThat(workload.failure()).get().hasToString("java.lang.IllegalStateException: a bug");
        }
    }

    @Test
    void closeEndsAnActorThatWaits() {
        var waits = new CountDownLatch(1);
        var never = new CountDownLatch(1);
        var workload = workload(stopping -> {
            waits.countDown();
            never.await();
            return Optional.empty();
        });
        workload.start();
        assertThat(workload.drain(Duration.ofMillis(1))).isFalse();

        workload.close();

        assertThat(workload.drain(Duration.ofMillis(1))).isTrue();
        assertThat(workload.failure()).isEmpty();
    }

    private ThreadedWorkload workload(Step step) {
        var journal = new Journal("one", new Recorder(event -> {}, System::nanoTime));
        return new ThreadedWorkload(journal, new Actor() {
            @Override
            public Optional<Duration> step(boolean stopping) throws InterruptedException {
                return step.take(stopping);
            }

            @Override
            public void close() {
                closed.set(true);
            }
        });
    }
}
