package io.cordwood.raft;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupMembership;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataResult.GroupAnswer;

/** What must hold after each entry of the metadata group's log. */
final class GroupInvariants {
    private GroupInvariants() {}

    static void check(MetadataImage before, MetadataCommand command, MetadataResult result, MetadataImage after) {
        if (command instanceof CommitOffsets commits) {
            zombieCommitsNothing(before, commits, (GroupAnswer) result);
            before.groups().byName().values().forEach(group -> commitsAreMonotonic(group, after));
        }
        for (ConsumerGroup group : before.groups().byName().values()) {
            after.groups()
                    .group(group.name())
                    .ifPresent(later -> ownersChangeOnlyOverNobody(group, later.membership(), command));
        }
    }

    /** A member writes beside each offset since when it believes the partition to be its own. */
    private static void zombieCommitsNothing(MetadataImage before, CommitOffsets commits, GroupAnswer answer) {
        int place = 0;
        for (var commit : commits.commits()) {
            for (PartitionOffset offset : commit.offsets()) {
                if (!answer.refused().containsKey(place++)) {
                    var partition = before.groups()
                            .group(commit.group())
                            .map(group -> group.membership().partitions().get(offset.partition()))
                            .orElse(null);
                    if (partition == null
                            || !partition.isOwnedBy(commit.memberId())
                            || partition.since() != Long.parseLong(offset.metadata())) {
                        throw new AssertionError("ZombieCommitsNothing: " + commit.memberId() + " committed " + offset
                                + " in " + partition);
                    }
                }
            }
        }
    }

    private static void commitsAreMonotonic(ConsumerGroup group, MetadataImage after) {
        var later = after.groups().group(group.name()).orElseThrow();
        group.offsets().forEach((id, offset) -> {
            if (later.offset(id).orElseThrow().offset() < offset.offset()) {
                throw new AssertionError("CommitsAreMonotonic: " + id + " went from " + offset + " to "
                        + later.offset(id).get());
            }
        });
    }

    /** An owner that is a member still, and was not asked for the partition, has it afterwards too. */
    private static void ownersChangeOnlyOverNobody(
            ConsumerGroup before, GroupMembership after, MetadataCommand command) {
        before.membership().partitions().forEach((id, partition) -> {
            var later = after.partitions().get(id);
            boolean kept = later != null && later.owner().equals(partition.owner());
            boolean excused = !partition.isOwned()
                    || partition.isRevoked()
                    || !after.members().containsKey(partition.owner())
                    || command instanceof MetadataCommand.DeleteTopic;
            if (!kept && !excused) {
                throw new AssertionError("OwnersChangeOnlyOverNobody: " + id + " went from " + partition + " to "
                        + later + " with " + command);
            }
        });
    }
}
