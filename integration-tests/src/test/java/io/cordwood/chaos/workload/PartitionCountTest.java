package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.TopicDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PartitionCountTest {
    private final AtomicLong clock = new AtomicLong();
    private final List<CompletableFuture<TopicDescription>> asked = new ArrayList<>();
    private final PartitionCount count = new PartitionCount(1, this::ask, clock::get);

    private CompletableFuture<TopicDescription> ask() {
        asked.add(new CompletableFuture<>());
        return asked.get(asked.size() - 1);
    }

    @Test
    void nobodyIsAskedBeforeSomeTimeHasPassed() {
        assertThat(count.getAsInt()).isEqualTo(1);
        assertThat(asked).isEmpty();
    }

    @Test
    void nobodyWaitsForTheAnswerAndOneQuestionIsUnderWayAtOnce() {
        pass();
        assertThat(count.getAsInt()).isEqualTo(1);
        pass();
        assertThat(count.getAsInt()).isEqualTo(1);

        assertThat(asked).hasSize(1);
    }

    @Test
    void whatFailsIsAskedAgain() {
        pass();
        var unused = count.getAsInt();
        asked.get(0).completeExceptionally(new IllegalStateException("nobody answers"));
        pass();

        assertThat(count.getAsInt()).isEqualTo(1);
        assertThat(asked).hasSize(2);
    }

    private void pass() {
        clock.addAndGet(Duration.ofSeconds(3).toNanos());
    }
}
