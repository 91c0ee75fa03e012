package io.cordwood.server.group;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import io.cordwood.metrics.RecentRate;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How fast groups commit, as the metadata leader sees it: what was committed before it led, it does not know.
 *
 * <p>Invariants: a pace is that of one owner of the partition, since nothing but commits moved the offset: a reset makes its
 * owner's epoch another. A commit costs the same however many there are; so many partitions are kept at most, and those that are
 * gone are dropped within {@link #LOOK_MS}.
 *
 * <p><b>Thread:</b> confined to the coordination.
 */
final class CommitPaces {
    static final int KEPT_MAX = 100_000;
    static final long LOOK_MS = 10_000;

    private final Map<String, Map<PartitionId, Pace>> byGroup = new HashMap<>();
    private int kept;
    private long lookedMs;

    /** @param since epoch of the owner since which it is the owner's */
    private record Pace(long since, RecentRate offsets) {}

    /**
     * Offsets were written.
     *
     * @param refused those that were not, by their places in the command
     * @param image that shows it, or a later one
     */
    void committed(CommitOffsets command, Set<Integer> refused, MetadataImage image, long nowMs) {
        int place = 0;
        for (var commit : command.commits()) {
            var group = image.groups().group(commit.group());
            for (var offset : commit.offsets()) {
                long since =
                        group.map(found -> since(found, offset.partition())).orElse(0L);
                // Another epoch than the commit could have: it was reset, or given to others, since.
                boolean isCurrent = since > 0 && since <= commit.epoch();
                if (!refused.contains(place) && isCurrent) {
                    rise(commit.group(), since, offset, nowMs);
                }
                place++;
            }
        }
        forget(image, nowMs);
    }

    /** 0 where nobody has it. */
    private static long since(ConsumerGroup group, PartitionId partition) {
        return Optional.ofNullable(group.membership().partitions().get(partition))
                .map(GroupPartition::since)
                .orElse(0L);
    }

    private void rise(String group, long since, PartitionOffset offset, long nowMs) {
        var paces = byGroup.computeIfAbsent(group, first -> new HashMap<>());
        var pace = paces.get(offset.partition());
        if (pace == null && kept >= KEPT_MAX) {
            return;
        }
        if (pace == null || pace.since() != since) {
            kept += pace == null ? 1 : 0;
            pace = new Pace(since, new RecentRate());
            paces.put(offset.partition(), pace);
        }
        pace.offsets().rise(nowMs, offset.offset());
    }

    private void forget(MetadataImage image, long nowMs) {
        if (nowMs - lookedMs < LOOK_MS) {
            return;
        }
        lookedMs = nowMs;
        byGroup.forEach((name, paces) -> {
            var offsets = image.groups().group(name).map(ConsumerGroup::offsets).orElse(Collections.emptySortedMap());
            paces.keySet().removeIf(partition -> !offsets.containsKey(partition));
        });
        byGroup.values().removeIf(Map::isEmpty);
        kept = byGroup.values().stream().mapToInt(Map::size).sum();
    }

    /** Offsets per second, of the partitions of which at least two commits were seen. */
    SortedMap<PartitionId, Double> of(String group, MetadataImage image, long nowMs) {
        var known = new TreeMap<PartitionId, Double>();
        var found = image.groups().group(group);
        byGroup.getOrDefault(group, Map.of()).forEach((partition, pace) -> {
            long since = found.map(now -> since(now, partition)).orElse(0L);
            if (since == 0 || since == pace.since()) {
                pace.offsets().perSecond(nowMs).ifPresent(perSecond -> known.put(partition, perSecond));
            }
        });
        return known;
    }

    /** Partitions that are kept. */
    int size() {
        return kept;
    }
}
