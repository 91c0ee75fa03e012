package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.PartitionId;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a member commits.
 *
 * @param requestId of the member's own; the answer has it
 * @param epoch of the assignment that the member processed under
 * @param ends high watermarks as whoever hands the request on knows them, of some of the partitions or none: an offset
 *     beyond is refused
 */
public record CommitRequest(
        long requestId, long epoch, List<PartitionOffset> offsets, SortedMap<PartitionId, Long> ends) {

    public CommitRequest {
        offsets = List.copyOf(offsets);
        ends = Collections.unmodifiableSortedMap(new TreeMap<>(ends));
    }

    List<PartitionId> partitions() {
        return offsets.stream().map(PartitionOffset::partition).toList();
    }
}
