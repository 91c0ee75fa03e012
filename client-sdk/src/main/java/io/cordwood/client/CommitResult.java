package io.cordwood.client;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What became of a commit.
 *
 * @param committed by partition, the offset of the next record to process, as the group has it now
 * @param lost partitions that are not this member's any more; their records are given again elsewhere
 */
public record CommitResult(Map<TopicPartition, Long> committed, Set<TopicPartition> lost) {
    public CommitResult {
        committed = java.util.Collections.unmodifiableMap(new TreeMap<>(committed));
        lost = java.util.Collections.unmodifiableSet(new TreeSet<>(lost));
    }
}
