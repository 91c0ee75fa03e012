package io.cordwood.server.admin;

import java.util.List;

/** All settings of a topic before and after a change, in order of their keys. */
public record ConfigChange(List<TopicSetting> before, List<TopicSetting> after) {
    public ConfigChange {
        before = List.copyOf(before);
        after = List.copyOf(after);
    }
}
