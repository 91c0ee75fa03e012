package io.cordwood.server.rpc;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.TopicInfo;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Names of topics by their ids. They are gathered again when the topics changed, which is seldom beside the
 * calls.
 *
 * <p><b>Thread:</b> any.
 */
final class TopicNames {
    private volatile Known known = new Known(MetadataImage.EMPTY.topics(), Map.of());

    private record Known(SortedMap<String, TopicInfo> topics, Map<UUID, String> names) {}

    /** Empty where there is no such topic. */
    String of(UUID topicId, MetadataImage image) {
        return in(image).getOrDefault(topicId, "");
    }

    private Map<UUID, String> in(MetadataImage image) {
        var current = known;
        // Equal at once where they are the very same, which they are until a command touches one.
        if (!current.topics().equals(image.topics())) {
            current = new Known(
                    image.topics(),
                    image.topics().values().stream()
                            .collect(Collectors.toUnmodifiableMap(TopicInfo::topicId, TopicInfo::name)));
            known = current;
        }
        return current.names();
    }
}
