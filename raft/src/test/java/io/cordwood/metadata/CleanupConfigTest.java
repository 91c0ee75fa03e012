package io.cordwood.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.CleanupConfig.Policy;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CleanupConfigTest {
    private static TopicConfig topic(String... settings) {
        var map = new TreeMap<String, String>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        return TopicConfig.resolve(map, TopicConfig.DEFAULTS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "delete | DELETE",
                "compact | COMPACT",
                "compact,delete | COMPACT_DELETE",
                "delete,compact | COMPACT_DELETE",
                "delete, compact | COMPACT_DELETE"
            })
    void policiesAreNamedAsKafkaNamesThem(String text, Policy policy) {
        assertThat(topic(CleanupConfig.POLICY, text).cleanup().policy()).isEqualTo(policy);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cleanup.policy | compcat",
                "cleanup.policy | compact,compact",
                "cleanup.policy | COMPACT",
                "min.compaction.lag.ms | -1",
                "delete.retention.ms | 1d",
                "min.cleanable.dirty.ratio | 1.5",
                "min.cleanable.dirty.ratio | .5",
                "min.cleanable.dirty.ratio | 1e-3"
            })
    void badValuesAreRefusedByName(String key, String value) {
        assertThat(TopicConfig.check(new TreeMap<>(Map.of(key, value)), Integer.MAX_VALUE))
                .hasValueSatisfying(refused -> {
                    assertThat(refused.field()).isEqualTo(key);
                    assertThat(refused.value()).isEqualTo(value);
                });
    }

    @Test
    void compactedTopicsDoNotExpireUnlessTheySaySo() {
        var compacted = topic(CleanupConfig.POLICY, "compact", TopicConfig.RETENTION_MS, "1000");
        var both = topic(CleanupConfig.POLICY, "compact,delete", TopicConfig.RETENTION_MS, "1000");

        assertThat(compacted.oldestKeptMs(5_000)).isEqualTo(TopicConfig.UNLIMITED);
        assertThat(compacted.newestKeptBytes()).isEqualTo(TopicConfig.UNLIMITED);
        assertThat(compacted.rollAgeMs()).isEqualTo(TopicConfig.DEFAULTS.segmentAgeMs());
        assertThat(both.oldestKeptMs(5_000)).isEqualTo(4_000);
    }

    @Test
    void valuesAreWhatResolveTakes() {
        var config = topic(
                CleanupConfig.POLICY, "compact,delete",
                CleanupConfig.MIN_LAG_MS, "7",
                CleanupConfig.DELETE_RETENTION_MS, "8",
                CleanupConfig.MIN_DIRTY_RATIO, "0.000001");

        assertThat(TopicConfig.resolve(config.values(), TopicConfig.DEFAULTS)).isEqualTo(config);
        assertThat(config.values().keySet()).containsExactlyElementsOf(TopicConfig.KEYS);
    }
}
