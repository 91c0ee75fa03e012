package io.cordwood.coordinator;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.Refresh;
import io.cordwood.metadata.MetadataImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds groups whose partitions were dealt out from topics that are not those of now.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class TopicWatch {
    private static final Logger LOG = LoggerFactory.getLogger(TopicWatch.class);

    private SortedMap<UUID, Integer> seen = new TreeMap<>();
    /** Names of groups that have to be looked at. */
    private final SortedSet<String> suspects = new TreeSet<>();
    /** Patterns that were told of because they are not taken any more. */
    private final Set<String> told = new HashSet<>();

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

    /** One for each pattern that matches other topics now. */
    private List<Refresh> refreshes(
            ConsumerGroup group, MetadataImage image, Map<String, Optional<SortedSet<String>>> found) {
        var known = group.membership().patterns();
        var refreshes = new ArrayList<Refresh>();
        known.forEach((pattern, before) -> {
            var now = found.computeIfAbsent(
                            pattern,
                            same -> matching(group.name(), same, image.topics().keySet()))
                    .orElse(before);
            if (!now.equals(before)) {
                refreshes.add(refresh(group.name(), pattern, before, now));
            }
        });
        if (refreshes.isEmpty() && !group.membership().isCurrent(known, image)) {
            refreshes.add(new Refresh(group.name(), "", new TreeSet<>(), new TreeSet<>()));
        }
        return refreshes;
    }

    /** Empty of a pattern that was taken once, by another version, and would not be now. */
    private Optional<SortedSet<String>> matching(String group, String pattern, Set<String> names) {
        var wrong = TopicPattern.check(pattern);
        if (wrong.isEmpty()) {
            return Optional.of(TopicPattern.of(pattern).matching(names));
        }
        if (told.add(pattern)) {
            LOG.warn(
                    "group {}: pattern '{}' is not taken any more ({}): its topics stay as they are",
                    group,
                    pattern,
                    wrong.get().limit());
        }
        return Optional.empty();
    }

    /** As far as one entry holds it: the group is looked at again once that is applied, because it changes then. */
    private static Refresh refresh(String group, String pattern, SortedSet<String> before, SortedSet<String> now) {
        var none = new TreeSet<String>();
        long room = EntryBudget.MAX_BYTES - EntryBudget.bytes(new Refresh(group, pattern, none, none));
        var removed = EntryBudget.fitting(without(before, now), room);
        var added = EntryBudget.fitting(without(now, before), room - EntryBudget.allBytes(removed));
        return new Refresh(group, pattern, added, removed);
    }

    private static SortedSet<String> without(SortedSet<String> names, SortedSet<String> others) {
        var rest = new TreeSet<>(names);
        rest.removeAll(others);
        return rest;
    }
}
