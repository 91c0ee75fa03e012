package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.TopicDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
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

    @Test
    void countGrowsAndNeverFalls() {
        for (int told : List.of(3, 2)) {
            pass();
            var unused = count.getAsInt();
            asked.get(asked.size() - 1).complete(topic(told));

            assertThat(count.getAsInt()).isEqualTo(3);
        }
    }

    private static TopicDescription topic(int partitions) {
        var placements = IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicDescription.Placement(
                        partition, OptionalInt.empty(), OptionalInt.empty(), List.of(1, 2, 3)))
                .toList();
        return new TopicDescription("grown", new UUID(1, 2), 3, Map.of(), placements);
    }

    private void pass() {
        clock.addAndGet(Duration.ofSeconds(3).toNanos());
    }
}
