package io.cordwood.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopicMetersTest {
    /** In and out, five calls, records and bytes. */
    private static final int SERIES_OF_A_TOPIC = 10;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void thousandTopicsStayBelowTheBound() {
        int maxTopics = 200;
        var topics = new NodeMeters(registry, new MeterLimits(maxTopics, 0, 0)).topics();
        int before = registry.getMeters().size();

        IntStream.range(0, 1_000)
                .forEach(number -> topics.of("topic-" + number).publish().add(3, 100));

        assertThat(registry.getMeters().size() - before).isEqualTo((maxTopics + 1) * SERIES_OF_A_TOPIC);
        assertThat(records(TopicMeters.OTHER)).isEqualTo(3 * 800);
        assertThat(records("topic-0")).isEqualTo(3);
    }

    @Test
    void seriesOfDeletedTopicsEndAndMakeRoom() {
        var topics = new NodeMeters(registry, new MeterLimits(1, 0, 0)).topics();
        topics.of("old").publish().add(1, 1);
        topics.of("new").publish().add(1, 1);

        topics.retain("new"::equals);
        topics.of("new").publish().add(5, 1);

        assertThat(shownTopics()).containsExactlyInAnyOrder("new", TopicMeters.OTHER);
        assertThat(records("new")).isEqualTo(5);
    }

    @Test
    void topicWithTheSharedNameSharesTheSeries() {
        var topics = new NodeMeters(registry, new MeterLimits(1, 0, 0)).topics();

        topics.of(TopicMeters.OTHER).publish().add(1, 1);
        topics.of("own").publish().add(1, 1);
        topics.retain("own"::equals);

        assertThat(shownTopics()).containsExactlyInAnyOrder("own", TopicMeters.OTHER);
    }

    @Test
    void countersOfATopicAreTheSameAtEachLook() {
        var topics = new NodeMeters(registry, MeterLimits.DEFAULT).topics();

        assertThat(topics.of("orders")).isSameAs(topics.of("orders"));
    }

    private double records(String topic) {
        return registry.get(Metric.TOPIC_IN_RECORDS.description().name())
                .tags("topic", topic, "call", "publish")
                .counter()
                .count();
    }

    private Set<String> shownTopics() {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .map(id -> id.getTag("topic"))
                .filter(topic -> topic != null)
                .collect(Collectors.toSet());
    }
}
