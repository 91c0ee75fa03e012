package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Where records without a key go. */
class TopicBuffersTest {
    private static final String TOPIC = "events";
    private static final int BATCH_BYTES = 1 << 10;
    private static final int PARTITIONS = 3;
    private static final int SLOW = 1;
    private static final int QUEUED = 50;
    private static final int CHOICES = 3_000;
    private static final ProducerRecord RECORD = new ProducerRecord(TOPIC, null, new byte[1]);
    private static final Optional<TopicView.Leader> LEADER =
            Optional.of(new TopicView.Leader(new HostPort("127.0.0.1", 1), 1));

    private final TopicView unled =
            new TopicView(UUID.randomUUID(), Map.of(), Collections.nCopies(PARTITIONS, Optional.empty()));
    private final ProducerConfig config = new ProducerConfig(
            Duration.ZERO,
            BATCH_BYTES,
            Compression.NONE,
            true,
            1 << 20,
            Duration.ZERO,
            Duration.ofSeconds(1),
            4 * BATCH_BYTES,
            Duration.ZERO);
    private final TopicBuffers buffers = TopicBuffers.of(TOPIC, unled, config, null);

    private void queueInSlow() {
        var slow = buffers.all().get(SLOW);
        for (int i = 0; i < QUEUED; i++) {
            var unused = slow.appendToNewBatch(RECORD, 0, 1);
            assertThat(slow.flush()).isNotDone();
        }
        assertThat(slow.queuedBatches()).isEqualTo(QUEUED);
    }

    /** Each for a batch's worth of bytes. */
    private List<Integer> choices(TopicView view) {
        var chosen = new ArrayList<Integer>();
        for (int i = 0; i < CHOICES; i++) {
            chosen.add(buffers.choose(RECORD, BATCH_BYTES, topic -> view)
                    .partition()
                    .partition());
        }
        return chosen;
    }

    @Test
    void partitionWhereBatchesWaitIsRarelyChosen() {
        queueInSlow();

        var chosen = choices(unled);

        // Its chance is 1 against the 51 of each other.
        assertThat(Collections.frequency(chosen, SLOW)).isLessThan(CHOICES / 15);
        assertThat(Collections.frequency(chosen, 0)).isGreaterThan(CHOICES / 3);
        assertThat(Collections.frequency(chosen, 2)).isGreaterThan(CHOICES / 3);
    }

    @Test
    void oneOfTwoPartitionsIsChosenAgainAndAgainWhereBatchesWaitInTheOther() {
        queueInSlow();
        var led = new TopicView(unled.topicId(), Map.of(), List.of(LEADER, LEADER, Optional.empty()));

        assertThat(Collections.frequency(choices(led), SLOW)).isLessThan(CHOICES / 15);
    }

    @Test
    void partitionWhoseBatchesWereTakenIsChosenAsOftenAsAnother() {
        queueInSlow();
        for (int i = 0; i < QUEUED; i++) {
            assertThat(buffers.all().get(SLOW).takeSealed()).isNotNull();
        }

        var chosen = choices(unled);

        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(Collections.frequency(chosen, partition)).isGreaterThan(CHOICES / 4);
        }
    }

    @Test
    void noPartitionIsChosenTwiceInARowWhereNoBatchWaits() {
        var chosen = choices(unled);

        for (int i = 1; i < chosen.size(); i++) {
            assertThat(chosen.get(i)).isNotEqualTo(chosen.get(i - 1));
        }
    }

    @Test
    void partitionWithoutALeaderIsLeftOutWhereOthersHaveOne() {
        var led = new TopicView(unled.topicId(), Map.of(), List.of(LEADER, Optional.empty(), LEADER));

        assertThat(choices(led)).containsOnly(0, 2);
    }

    @Test
    void changedLimitOfTheTopicReachesBuffersThatAreKept() {
        var large = new ProducerRecord(TOPIC, null, new byte[2 * BATCH_BYTES]);
        var narrow = TopicBuffers.of(TOPIC, limited(BATCH_BYTES), config, null);
        assertThat(Failures.thrownBy(() -> narrow.all().get(0).appendToNewBatch(large, 0, 3 * BATCH_BYTES))
                        .code())
                .isEqualTo(ErrorCode.RECORD_TOO_LARGE);
        assertThat(narrow.matches(limited(BATCH_BYTES))).isTrue();
        assertThat(narrow.matches(limited(4 * BATCH_BYTES))).isFalse();

        var wide = TopicBuffers.of(TOPIC, limited(4 * BATCH_BYTES), config, narrow);

        assertThat(wide.all()).isEqualTo(narrow.all());
        assertThat(wide.all().get(0).appendToNewBatch(large, 0, 3 * BATCH_BYTES))
                .isNotDone();
    }

    private TopicView limited(int maxBytes) {
        return new TopicView(
                unled.topicId(), Map.of(TopicBuffers.BATCH_MAX_BYTES_KEY, Integer.toString(maxBytes)), unled.leaders());
    }

    @Test
    void onlyPartitionWithALeaderIsChosenAgainAndAgain() {
        var led = new TopicView(unled.topicId(), Map.of(), List.of(LEADER, Optional.empty(), Optional.empty()));

        assertThat(choices(led)).containsOnly(0);
    }
}
