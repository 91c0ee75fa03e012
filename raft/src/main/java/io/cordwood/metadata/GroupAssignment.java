package io.cordwood.metadata;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one member of a group may process.
 *
 * @param epoch of the member
 * @param assigned partitions with the member's epoch since which each is its own: where the member knows another one, it
 *     begins anew at the committed offset
 * @param revoked the same of partitions that it shall give up and then say so; it may commit in them until then, but for
 *     those of which it knows another epoch: these it gives up at once
 */
public record GroupAssignment(long epoch, SortedMap<PartitionId, Long> assigned, SortedMap<PartitionId, Long> revoked) {

    public GroupAssignment {
        assigned = Collections.unmodifiableSortedMap(new TreeMap<>(assigned));
        revoked = Collections.unmodifiableSortedMap(new TreeMap<>(revoked));
    }
}
