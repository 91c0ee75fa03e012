package io.cordwood.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MetricTest {
    /**
     * What can take values that grow with what users create is bounded elsewhere; everything else has few
     * values.
     */
    private static final Set<String> LABELS = Set.of(
            "topic",
            "partition",
            "group",
            "call",
            "of",
            "reason",
            "pool",
            "method",
            "code",
            "state",
            "role",
            "follower",
            "directory");

    @Test
    void namesAreOursAndEachIsThereOnce() {
        assertThat(descriptions().map(MetricDescription::name)).allMatch(name -> name.startsWith("cordwood."));
        assertThat(descriptions().flatMap(described -> described.sampleNames().stream()))
                .doesNotHaveDuplicates();
    }

    @Test
    void labelsAreAmongTheBoundedOnes() {
        assertThat(descriptions().flatMap(described -> described.labels().stream()))
                .isSubsetOf(LABELS);
    }

    @Test
    void meaningsAreSentences() {
        assertThat(Stream.concat(descriptions(), ProcessMetrics.ALL.stream()).map(MetricDescription::meaning))
                .allMatch(meaning -> meaning.endsWith(".") && !meaning.contains("|"));
    }

    @Test
    void prometheusNamesEndWithTheUnitOnce() {
        assertThat(Metric.TOPIC_IN_BYTES.description().sampleNames()).containsExactly("cordwood_topic_in_bytes_total");
        assertThat(Metric.IN_FLIGHT_BYTES.description().sampleNames()).containsExactly("cordwood_inflight_bytes");
        assertThat(Metric.STORE_FORCE.description().sampleNames())
                .containsExactly(
                        "cordwood_store_force_seconds_bucket",
                        "cordwood_store_force_seconds_count",
                        "cordwood_store_force_seconds_sum",
                        "cordwood_store_force_seconds_max");
    }

    @Test
    void meterOfAnotherTypeOrWithOtherLabelsIsRefused() {
        var meters = new NodeMeters(new SimpleMeterRegistry(), MeterLimits.DEFAULT);

        assertThatThrownBy(() -> meters.counter(Metric.STORE_FORCE)).hasMessageContaining("HISTOGRAM");
        assertThatThrownBy(() -> meters.counter(Metric.TOPIC_IN_BYTES, "orders"))
                .hasMessageContaining(List.of("topic", "call").toString());
    }

    private static Stream<MetricDescription> descriptions() {
        return Stream.of(Metric.values()).map(Metric::description);
    }
}
