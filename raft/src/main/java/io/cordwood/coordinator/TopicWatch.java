package io.cordwood.coordinator;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.Refresh;
import io.cordwood.metadata.MetadataImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Finds groups whose partitions were dealt out from topics that are not those of now.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class TopicWatch {
    private SortedMap<UUID, Integer> seen = new TreeMap<>();
    /** Names of groups that have to be looked at. */
    private final SortedSet<String> suspects = new TreeSet<>();

    /** The group's members changed: what they were given may be of topics that had changed before. */
    void suspect(String group) {
        suspects.add(group);
    }

    /** What has to be dealt out anew. */
    List<Refresh> look(MetadataImage image) {
        var topics = new TreeMap<UUID, Integer>();
        image.topics()
                .values()
                .forEach(topic -> topics.put(topic.topicId(), topic.partitions().size()));
        if (!topics.equals(seen)) {
            seen = topics;
            suspects.addAll(image.groups().byName().keySet());
        }
        var refreshes = new ArrayList<Refresh>();
        var found = new HashMap<String, Optional<SortedSet<String>>>();
        for (String name : suspects) {
            image.groups()
                    .group(name)
                    .filter(ConsumerGroup::isActive)
                    .ifPresent(group -> refreshes.addAll(refreshes(group, image, found)));
        }
        suspects.clear();
        return refreshes;
    }

    /** One for each pattern that matches other topics now, because each may name thousands. */
    private static List<Refresh> refreshes(
            ConsumerGroup group, MetadataImage image, Map<String, Optional<SortedSet<String>>> found) {
        var known = group.membership().patterns();
        var refreshes = new ArrayList<Refresh>();
        known.forEach((pattern, before) -> {
            var now = found.computeIfAbsent(
                    pattern,
                    same -> TopicPattern.of(same).matching(image.topics().keySet()));
            // One that has become too costly stays as it was found last.
            now.filter(names -> !names.equals(before))
                    .ifPresent(
                            names -> refreshes.add(new Refresh(group.name(), new TreeMap<>(Map.of(pattern, names)))));
        });
        if (refreshes.isEmpty() && !group.membership().isCurrent(known, image)) {
            refreshes.add(new Refresh(group.name(), new TreeMap<>()));
        }
        return refreshes;
    }
}
