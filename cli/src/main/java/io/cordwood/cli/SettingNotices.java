package io.cordwood.cli;

import io.cordwood.client.ConfigChange;
import io.cordwood.client.TopicSetting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What somebody may not expect of settings that are right each for itself. */
final class SettingNotices {
    private static final String POLICY = "cleanup.policy";
    private static final String COMPACT = "compact";
    private static final String DELETE = "delete";
    private static final List<String> RETENTION = List.of("retention.ms", "retention.bytes");

    private SettingNotices() {}

    /** Of what a topic sets itself. */
    static List<String> of(Map<String, String> set) {
        var policy = set.getOrDefault(POLICY, DELETE);
        if (policy.contains(COMPACT) && !policy.contains(DELETE)) {
            return RETENTION.stream()
                    .filter(set::containsKey)
                    .map(key -> key + " has no effect with " + POLICY + "=" + policy
                            + ": nothing expires; set compact,delete to have both")
                    .toList();
        }
        return RETENTION.stream()
                .filter(key -> "0".equals(set.get(key)))
                .map(key -> key + "=0 keeps nothing: every record goes within a minute or so; -1 keeps all")
                .toList();
    }

    static List<String> of(List<TopicSetting> settings) {
        return of(settings.stream()
                .filter(setting -> setting.setByTopic() || setting.key().equals(POLICY))
                .collect(Collectors.toMap(TopicSetting::key, TopicSetting::value)));
    }

    static List<String> of(ConfigChange change) {
        var notices = new ArrayList<>(of(change.after()));
        if (!compacts(change.before()) && compacts(change.after())) {
            notices.add(
                    "records without a key that are there already stay: compaction goes by keys; new ones are refused");
        }
        return notices;
    }

    private static boolean compacts(List<TopicSetting> settings) {
        return settings.stream()
                .anyMatch(setting ->
                        setting.key().equals(POLICY) && setting.value().contains(COMPACT));
    }
}
