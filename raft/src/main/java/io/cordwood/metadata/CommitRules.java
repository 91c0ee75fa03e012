package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.Commit;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What members may commit: offsets of partitions that are their own, from the epoch on at which each became so, and
 * never backwards.
 *
 * <p><b>Thread:</b> confined to its caller, for one command.
 *
 * <p><b>Source:</b> KIP-1251, for the epochs: a member that was given another partition meanwhile is not fenced in those
 * that it kept.
 */
final class CommitRules {
    private final MetadataImage image;
    private final Map<String, TreeMap<PartitionId, CommittedOffset>> offsets = new TreeMap<>();
    private final SortedMap<Integer, GroupRefusal> refused = new TreeMap<>();
    private final GroupLimits limits;
    private final GroupRoom room;

    CommitRules(MetadataImage image, GroupLimits limits) {
        this.image = image;
        this.limits = limits;
        room = new GroupRoom(image.groups(), limits);
    }

    GroupChange commit(CommitOffsets command) {
        int place = 0;
        for (Commit commit : command.commits()) {
            for (PartitionOffset offset : commit.offsets()) {
                var refusal = commit(commit, offset, command.timeMillis());
                if (refusal.isPresent()) {
                    refused.put(place, refusal.get());
                }
                place++;
            }
        }
        var changed = offsets.entrySet().stream()
                .map(entry -> image.groups().group(entry.getKey()).orElseThrow().withOffsets(entry.getValue()))
                .toList();
        return new GroupChange(image.groups().with(changed), refused);
    }

    private Optional<GroupRefusal> commit(Commit commit, PartitionOffset offset, long timeMillis) {
        var group = image.groups().group(commit.group());
        if (group.isEmpty()) {
            return Optional.of(GroupRules.unknownGroup(commit.group()));
        }
        var known = known(group.get());
        var before = known.get(offset.partition());
        var broken = checkMember(commit, offset.partition(), group.get().membership())
                .or(() -> checkOffset(offset))
                .or(() -> repeats(offset, before) ? Optional.empty() : limits.checkText(offset.metadata()));
        if (broken.isPresent()) {
            return broken;
        }
        if (before != null && before.offset() > offset.offset()) {
            return Optional.of(new GroupRefusal(
                    GroupReason.OFFSET_BEHIND,
                    "offset",
                    Long.toString(offset.offset()),
                    "at least " + before.offset() + "; a reset goes back"));
        }
        var after = offset.at(timeMillis);
        var full = room.take(commit.group(), growth(before, after));
        if (full.isEmpty()) {
            known.put(offset.partition(), after);
        }
        return full;
    }

    static long growth(@Nullable CommittedOffset before, CommittedOffset after) {
        return GroupBytes.of(after) - (before == null ? 0 : GroupBytes.of(before));
    }

    private static Optional<GroupRefusal> checkMember(
            Commit commit, PartitionId partition, GroupMembership membership) {
        var member = membership.member(commit.memberId());
        if (member.isEmpty()) {
            return Optional.of(GroupRefusal.unknownMember(commit.group(), commit.memberId()));
        }
        var held = membership.partitions().get(partition);
        if (held == null || !held.isOwnedBy(commit.memberId())) {
            return Optional.of(new GroupRefusal(
                    GroupReason.NOT_OWNED, "partition", partition.toString(), "one of member " + commit.memberId()));
        }
        boolean current =
                held.since() <= commit.epoch() && commit.epoch() <= member.get().epoch();
        return current
                ? Optional.empty()
                : Optional.of(GroupRules.fenced(
                        commit.epoch(), held.since(), member.get().epoch()));
    }

    /** A text that is there was let in by a limit of before: whoever commits on with it is not to be hindered. */
    private static boolean repeats(PartitionOffset offset, @Nullable CommittedOffset before) {
        return before != null && before.metadata().equals(offset.metadata());
    }

    /** What can be said of an offset without its partition. */
    static Optional<GroupRefusal> check(PartitionOffset offset, GroupLimits limits) {
        return checkOffset(offset).or(() -> limits.checkText(offset.metadata()));
    }

    private static Optional<GroupRefusal> checkOffset(PartitionOffset offset) {
        return offset.offset() >= 0
                ? Optional.empty()
                : Optional.of(new GroupRefusal(
                        GroupReason.OFFSET_OUT_OF_RANGE, "offset", Long.toString(offset.offset()), "at least 0"));
    }

    private SortedMap<PartitionId, CommittedOffset> known(ConsumerGroup group) {
        return offsets.computeIfAbsent(group.name(), first -> new TreeMap<>(group.offsets()));
    }
}
