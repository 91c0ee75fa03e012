package io.cordwood.coordinator;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.Refresh;
import io.cordwood.metadata.MetadataImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds groups whose partitions were dealt out from topics that are not those of now. From one look to the next it takes a
 * bounded time to match patterns with names, whatever patterns there are: what is not found by then is found later.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class TopicWatch {
    private static final Logger LOG = LoggerFactory.getLogger(TopicWatch.class);

    /** A step is about 10 ns. */
    private static final long STEPS_PER_LOOK = 20_000_000;

    private SortedMap<UUID, Integer> seen = new TreeMap<>();
    /** Names of groups that have to be looked at; who waits longest is the first. */
    private final Set<String> suspects = new LinkedHashSet<>();
    /** What is known of patterns, until all who wait for it have been looked at. */
    private final Map<String, PatternScan> scans = new HashMap<>();
    /** Patterns that were told of because they are not taken any more. */
    private final Set<String> told = new HashSet<>();

    private long stepsLeft = STEPS_PER_LOOK;
    /** Whether the last look left groups for the next one. */
    private boolean behind;

    /** The group's members changed: what they were given may be of topics that had changed before. */
    void suspect(String group) {
        suspects.add(group);
    }

    /** Topics that a pattern matches which is taken, as far as there is time to look for them now. */
    SortedSet<String> matching(String pattern, MetadataImage image) {
        return stepsLeft > 0 ? scan(pattern, image).matching(image) : new TreeSet<>();
    }

    private PatternScan scan(String pattern, MetadataImage image) {
        var scan = scans.computeIfAbsent(pattern, expression -> new PatternScan(TopicPattern.of(expression)));
        stepsLeft = scan.look(image, stepsLeft);
        return scan;
    }

    /** What has to be dealt out anew. */
    List<Refresh> look(MetadataImage image) {
        stepsLeft = STEPS_PER_LOOK;
        noteTopics(image);
        behind = false;
        var refreshes = new ArrayList<Refresh>();
        for (String name : List.copyOf(suspects)) {
            var group = image.groups().group(name).filter(ConsumerGroup::isActive);
            if (group.isPresent() && !isScanned(group.get(), image)) {
                behind = true;
            } else {
                suspects.remove(name);
                group.ifPresent(found -> refreshes.addAll(refreshes(found, image)));
            }
        }
        scans.values().removeIf(scan -> !behind || scan.isOver());
        return refreshes;
    }

    private void noteTopics(MetadataImage image) {
        var topics = new TreeMap<UUID, Integer>();
        image.topics()
                .values()
                .forEach(topic -> topics.put(topic.topicId(), topic.partitions().size()));
        if (!topics.equals(seen)) {
            seen = topics;
            suspects.addAll(image.groups().byName().keySet());
            // Who is behind takes what was found so far: begun anew at each change it might never get to an end.
            scans.values().removeIf(scan -> !behind);
            scans.values().forEach(PatternScan::topicsChanged);
        }
    }

    /** Whether it is known of all its patterns what they match. */
    private boolean isScanned(ConsumerGroup group, MetadataImage image) {
        for (String pattern : group.membership().patterns().keySet()) {
            boolean begun = scans.containsKey(pattern);
            if (!begun && stepsLeft <= 0) {
                return false;
            }
            if ((begun || isTaken(group.name(), pattern))
                    && !scan(pattern, image).isDone()) {
                return false;
            }
        }
        return true;
    }

    /** A pattern that was taken once, by another version, would not be now. */
    private boolean isTaken(String group, String pattern) {
        var wrong = TopicPattern.check(pattern);
        if (wrong.isPresent() && told.add(pattern)) {
            LOG.warn(
                    "group {}: pattern '{}' is not taken any more ({}): its topics stay as they are",
                    group,
                    pattern,
                    wrong.get().limit());
        }
        return wrong.isEmpty();
    }

    /** One for each pattern that matches other topics now. */
    private List<Refresh> refreshes(ConsumerGroup group, MetadataImage image) {
        var known = group.membership().patterns();
        var refreshes = new ArrayList<Refresh>();
        known.forEach((pattern, before) -> {
            var scan = scans.get(pattern);
            if (scan == null) {
                return; // not taken any more
            }
            var now = scan.matching(image);
            if (scan.endStale()) {
                suspects.add(group.name());
            }
            if (!now.equals(before)) {
                refreshes.add(refresh(group.name(), pattern, before, now));
            }
        });
        if (refreshes.isEmpty() && !group.membership().isCurrent(known, image)) {
            refreshes.add(new Refresh(group.name(), "", new TreeSet<>(), new TreeSet<>()));
        }
        return refreshes;
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
