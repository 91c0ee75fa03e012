package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.Commit;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.JoinGroups;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.Refresh;
import io.cordwood.metadata.GroupCommand.RefreshGroups;
import io.cordwood.metadata.GroupCommand.Release;
import io.cordwood.metadata.GroupCommand.ReleasePartitions;
import io.cordwood.metadata.GroupCommand.RemoveMembers;
import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataResult.GroupAnswer;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A cluster's metadata at the level of consumer groups, and one group in it, for tests. */
final class GroupWorld {
    static final String GROUP = "payments";
    static final GroupLimits LIMITS = new GroupLimits(3, 600, 10, 1 << 20, 1 << 22);

    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private long index;

    GroupWorld() {
        var node = MetadataCommands.withFeatures(MetadataCommands.node(1, "", 100_000), 1, MetadataCommand.GROUPS);
        apply(MetadataCommands.form(node));
        apply(new MetadataCommand.RaiseFeatureLevel(MetadataCommand.GROUPS));
    }

    MetadataResult apply(MetadataCommand command) {
        return state.apply(command, ++index);
    }

    MetadataImage image() {
        return state.image();
    }

    /** What the command's items were refused for. */
    SortedMap<Integer, GroupRefusal> refused(GroupCommand command) {
        return ((GroupAnswer) apply(command)).refused();
    }

    Optional<GroupReason> reason(GroupCommand command) {
        return refused(command).values().stream().map(GroupRefusal::reason).findFirst();
    }

    UUID create(String topic, int partitions) {
        var topicId = new UUID(7, topic.hashCode());
        var groups = IntStream.range(0, partitions)
                .mapToObj(i -> new UUID(topic.hashCode(), i))
                .toList();
        apply(new CreateTopic(topic, topicId, groups, 1, new TreeMap<>()));
        return topicId;
    }

    PartitionId partition(String topic, int number) {
        return new PartitionId(image().topic(topic).orElseThrow().topicId(), number);
    }

    ConsumerGroup group() {
        return image().groups().group(GROUP).orElseThrow();
    }

    GroupAssignment assignment(String memberId) {
        return group().membership().assignment(memberId);
    }

    long epoch(String memberId) {
        return group().membership().member(memberId).orElseThrow().epoch();
    }

    void join(String memberId, String... topics) {
        if (!refused(joining(memberId, topics)).isEmpty()) {
            throw new AssertionError(memberId + " may not join");
        }
    }

    GroupCommand joining(String memberId, String... topics) {
        return joining(GroupCommands.join(GROUP, memberId, GroupSubscription.of(topics)));
    }

    GroupCommand joining(Join... joins) {
        return new JoinGroups(LIMITS, List.of(joins));
    }

    /** As a static member. */
    static Join fixed(String memberId, String instanceId, String replaces) {
        return new Join(
                GROUP,
                memberId,
                memberId,
                instanceId,
                replaces,
                "",
                "host",
                GroupSubscription.of("orders"),
                GroupCommands.names(),
                GroupSettings.DEFAULT);
    }

    void remove(String memberId) {
        apply(new RemoveMembers(1000 + index, List.of(new MemberRef(GROUP, memberId))));
    }

    /** The member gives up what it is asked to. */
    Optional<GroupReason> release(String memberId, long epoch) {
        return reason(releasing(memberId, epoch));
    }

    GroupCommand releasing(String memberId, long epoch) {
        var revoked = image().groups()
                .group(GROUP)
                .map(group -> group.membership().assignment(memberId).revoked())
                .orElse(GroupMembership.NONE.assignment("").revoked());
        return new ReleasePartitions(List.of(new Release(GROUP, memberId, epoch, List.copyOf(revoked.keySet()))));
    }

    /** Everybody gives up what they are asked to, until nobody is asked any more; how many partitions moved. */
    int settle() {
        int moved = 0;
        while (!group().membership().isStable()) {
            for (String memberId : asked()) {
                moved += assignment(memberId).revoked().size();
                release(memberId, epoch(memberId));
            }
        }
        return moved;
    }

    /** Members that are to give something up. */
    private SortedSet<String> asked() {
        return group().membership().partitions().values().stream()
                .filter(GroupPartition::isRevoked)
                .map(GroupPartition::owner)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    Optional<GroupReason> refresh() {
        return refresh("", GroupCommands.names(), GroupCommands.names());
    }

    Optional<GroupReason> refresh(String pattern, SortedSet<String> added, SortedSet<String> removed) {
        return reason(new RefreshGroups(List.of(new Refresh(GROUP, pattern, added, removed))));
    }

    Optional<GroupReason> commit(String memberId, long epoch, PartitionId partition, long offset) {
        return reason(committing(memberId, epoch, new PartitionOffset(partition, offset, 0, "")));
    }

    GroupCommand committing(String memberId, long epoch, PartitionOffset... offsets) {
        return new CommitOffsets(1000 + index, LIMITS, List.of(new Commit(GROUP, memberId, epoch, List.of(offsets))));
    }

    Optional<Long> committed(PartitionId partition) {
        return group().offset(partition).map(CommittedOffset::offset);
    }
}
