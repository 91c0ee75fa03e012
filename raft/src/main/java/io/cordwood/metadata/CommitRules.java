package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.Commit;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

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

    CommitRules(MetadataImage image) {
        this.image = image;
    }

    GroupChange commit(CommitOffsets command) {
        int place = 0;
        for (Commit commit : command.commits()) {
            for (PartitionOffset offset : commit.offsets()) {
                var refusal = commit(commit, offset, command);
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

    private Optional<GroupRefusal> commit(Commit commit, PartitionOffset offset, CommitOffsets command) {
        var group = image.groups().group(commit.group());
        if (group.isEmpty()) {
            return Optional.of(GroupRules.unknownGroup(commit.group()));
        }
        var broken = checkMember(commit, offset.partition(), group.get().membership())
                .or(() -> check(offset, command.limits()));
        if (broken.isPresent()) {
            return broken;
        }
        var known = known(group.get());
        var before = known.get(offset.partition());
        if (before != null && before.offset() > offset.offset()) {
            return Optional.of(new GroupRefusal(
                    GroupReason.OFFSET_BEHIND,
                    "offset",
                    Long.toString(offset.offset()),
                    "at least " + before.offset() + "; a reset goes back"));
        }
        known.put(offset.partition(), offset.at(command.timeMillis()));
        return Optional.empty();
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

    /** What can be said of an offset without its partition. */
    static Optional<GroupRefusal> check(PartitionOffset offset, GroupLimits limits) {
        if (offset.offset() < 0) {
            return Optional.of(new GroupRefusal(
                    GroupReason.OFFSET_OUT_OF_RANGE, "offset", Long.toString(offset.offset()), "at least 0"));
        }
        int bytes = offset.metadata().getBytes(StandardCharsets.UTF_8).length;
        return bytes <= limits.maxMetadataBytes()
                ? Optional.empty()
                : Optional.of(new GroupRefusal(
                        GroupReason.LIMIT_REACHED,
                        "bytes of metadata",
                        Integer.toString(bytes),
                        "at most " + limits.maxMetadataBytes()));
    }

    private SortedMap<PartitionId, CommittedOffset> known(ConsumerGroup group) {
        return offsets.computeIfAbsent(group.name(), first -> new TreeMap<>(group.offsets()));
    }
}
