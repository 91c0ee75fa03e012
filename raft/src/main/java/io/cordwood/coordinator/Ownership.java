package io.cordwood.coordinator;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/** Whose a partition is, by the metadata. Pure functions. */
final class Ownership {
    private Ownership() {}

    static boolean owns(MetadataImage image, MemberRef member, PartitionId partition) {
        return group(image, member)
                .filter(group -> owns(group, member, partition))
                .isPresent();
    }

    static boolean owns(ConsumerGroup group, MemberRef member, PartitionId partition) {
        var held = group.membership().partitions().get(partition);
        return held != null && held.isOwnedBy(member.memberId());
    }

    private static Optional<ConsumerGroup> group(MetadataImage image, MemberRef member) {
        return image.groups().group(member.group());
    }

    /** What is a member's, also where it was asked to give it up. */
    static List<PartitionId> of(ConsumerGroup group, MemberRef member) {
        return group.membership().partitions().keySet().stream()
                .filter(partition -> owns(group, member, partition))
                .toList();
    }

    /** What a member says of partitions of its own; of each the last that it says. */
    static List<MemberProgress> own(MetadataImage image, MemberRef member, List<MemberProgress> told) {
        var newest = new LinkedHashMap<PartitionId, MemberProgress>();
        group(image, member)
                .ifPresent(group -> told.stream()
                        .filter(progress -> owns(group, member, progress.partition()))
                        .forEach(progress -> newest.put(progress.partition(), progress)));
        return List.copyOf(newest.values());
    }
}
