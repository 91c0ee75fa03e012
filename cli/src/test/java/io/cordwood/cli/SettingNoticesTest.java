package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.ConfigChange;
import io.cordwood.client.TopicSetting;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingNoticesTest {
    private static List<TopicSetting> settings(String policy, boolean retentionIsSet) {
        return List.of(
                new TopicSetting("cleanup.policy", policy, "delete", true),
                new TopicSetting("retention.bytes", "-1", "-1", false),
                new TopicSetting("retention.ms", "1000", "604800000", retentionIsSet));
    }

    @Test
    void retentionThatNothingGoesByIsNamed() {
        assertThat(SettingNotices.of(Map.of("cleanup.policy", "compact", "retention.ms", "1", "retention.bytes", "2")))
                .hasSize(2)
                .first()
                .asString()
                .startsWith("retention.ms has no effect with cleanup.policy=compact");
        assertThat(SettingNotices.of(settings("compact", true))).hasSize(1);
        assertThat(SettingNotices.of(List.of(
                        new TopicSetting("cleanup.policy", "compact", "compact", false), // the nodes' default
                        new TopicSetting("retention.ms", "1000", "604800000", true))))
                .hasSize(1);
    }

    @Test
    void retentionThatCountsOrIsNotSetIsNot() {
        assertThat(SettingNotices.of(Map.of("cleanup.policy", "compact,delete", "retention.ms", "1")))
                .isEmpty();
        assertThat(SettingNotices.of(Map.of("retention.ms", "1"))).isEmpty();
        assertThat(SettingNotices.of(settings("compact", false))).isEmpty();
    }

    @Test
    void retentionOfNothingIsNamed() {
        assertThat(SettingNotices.of(Map.of("retention.bytes", "0", "retention.ms", "1")))
                .singleElement()
                .asString()
                .startsWith("retention.bytes=0 keeps nothing");
    }

    @Test
    void recordsWithoutAKeyStayWhereATopicBecomesCompacted() {
        var before = settings("delete", false);
        var after = settings("compact", false);

        assertThat(SettingNotices.of(new ConfigChange(before, after)))
                .singleElement()
                .asString()
                .contains("without a key");
        assertThat(SettingNotices.of(new ConfigChange(after, after))).isEmpty();
    }
}
