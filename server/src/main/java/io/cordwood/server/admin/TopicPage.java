package io.cordwood.server.admin;

import io.cordwood.metadata.TopicInfo;
import java.util.List;

/** Some topics in order of their names, and the token of the next page, empty at the end. */
public record TopicPage(List<TopicInfo> topics, String nextToken) {
    public TopicPage {
        topics = List.copyOf(topics);
    }
}
