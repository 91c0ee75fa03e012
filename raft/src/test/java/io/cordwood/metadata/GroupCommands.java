package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.Commit;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.DeleteGroup;
import io.cordwood.metadata.GroupCommand.DeleteOffsets;
import io.cordwood.metadata.GroupCommand.ExpireGroups;
import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.JoinGroups;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.Refresh;
import io.cordwood.metadata.GroupCommand.RefreshGroups;
import io.cordwood.metadata.GroupCommand.Release;
import io.cordwood.metadata.GroupCommand.ReleasePartitions;
import io.cordwood.metadata.GroupCommand.RemoveMembers;
import io.cordwood.metadata.GroupCommand.ResetOffsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/** Commands about consumer groups for tests: one of each kind, and random ones that mostly make sense. */
final class GroupCommands {
    private static final GroupLimits LIMITS = new GroupLimits(3, 4, 10, 1 << 20, 1 << 21);
    private static final GroupSettings RANGE =
            new GroupSettings(Assignor.RANGE, Duration.ofSeconds(20), TrimmedOffsets.FAIL);

    private GroupCommands() {}

    static List<MetadataCommand> oneOfEach() {
        var first = new PartitionId(new UUID(1, 2), 0);
        var second = new PartitionId(new UUID(1, 2), 1);
        var other = new PartitionId(new UUID(3, 4), 1);
        var offsets = List.of(
                new PartitionOffset(first, 7, -1, ""),
                new PartitionOffset(other, 1L << 40, 5, "text"),
                new PartitionOffset(second, 8, 3, ""));
        return List.of(
                new JoinGroups(
                        LIMITS,
                        List.of(
                                join("payments", "member-1", GroupSubscription.of("orders")),
                                new Join(
                                        "payments",
                                        "member-2",
                                        "name",
                                        "instance",
                                        "member-0",
                                        "rack",
                                        "host",
                                        new GroupSubscription(names("b", "a"), "o.*"),
                                        names("orders", "offers"),
                                        RANGE))),
                new RemoveMembers(70, List.of(new MemberRef("payments", "member-1"), new MemberRef("x", "y"))),
                new ReleasePartitions(List.of(new Release("payments", "member-2", 4, List.of(first, other, second)))),
                new RefreshGroups(List.of(
                        new Refresh("payments", "o.*", names("orders", "offers"), names("old")),
                        new Refresh("audit", "", names(), names()))),
                new CommitOffsets(71, LIMITS, List.of(new Commit("payments", "member-2", 3, offsets))),
                new ResetOffsets(72, LIMITS, "payments", offsets, true, false),
                new ResetOffsets(72, LIMITS, "audit", offsets, false, true),
                new DeleteOffsets("payments", List.of(other, first)),
                new DeleteGroup("audit"),
                new ExpireGroups(60, List.of("audit", "payments")));
    }

    static SortedSet<String> names(String... names) {
        return new TreeSet<>(List.of(names));
    }

    static Join join(String group, String memberId, GroupSubscription subscription) {
        return new Join(group, memberId, memberId, "", "", "", "host", subscription, names(), GroupSettings.DEFAULT);
    }

    static GroupCommand next(Random random, MetadataImage image) {
        var group = "group-" + random.nextInt(4);
        return switch (random.nextInt(12)) {
            case 0, 1, 2 -> new JoinGroups(LIMITS, List.of(join(random, group, 0), join(random, group, 1)));
            case 3 -> new RemoveMembers(image.index(), List.of(new MemberRef(group, member(random))));
            case 4, 5 -> new ReleasePartitions(releases(random, group, image));
            case 6, 7 -> new CommitOffsets(image.index(), LIMITS, commits(random, group, image));
            case 8 -> new RefreshGroups(List.of(new Refresh(group, "topic-.", topics(random), topics(random))));
            case 9 ->
                new ResetOffsets(
                        image.index(),
                        LIMITS,
                        group,
                        List.of(offset(random, image)),
                        random.nextBoolean(),
                        random.nextBoolean());
            case 10 -> new DeleteOffsets(group, List.of(offset(random, image).partition()));
            default ->
                random.nextBoolean()
                        ? new DeleteGroup(group)
                        : new ExpireGroups(image.index() - 10, List.of(group, "group-0"));
        };
    }

    /** @param place those at different ones contradict each other in nothing but the settings and the pattern */
    private static Join join(Random random, String group, int place) {
        var pattern = random.nextInt(3) == 0 ? "topic-." : "";
        var instance = random.nextInt(3) == 0 ? "instance-" + place : "";
        return new Join(
                group,
                "member-" + (2 * random.nextInt(3) + place),
                "name",
                instance,
                random.nextBoolean() ? member(random) : "",
                "",
                "host",
                new GroupSubscription(topics(random), pattern),
                pattern.isEmpty() ? names() : topics(random),
                random.nextInt(4) == 0 ? RANGE : GroupSettings.DEFAULT);
    }

    private static String member(Random random) {
        return "member-" + random.nextInt(6);
    }

    private static SortedSet<String> topics(Random random) {
        var topics = new TreeSet<String>();
        for (int i = random.nextInt(4); i > 0; i--) {
            topics.add("topic-" + random.nextInt(4));
        }
        return topics;
    }

    private static List<Release> releases(Random random, String group, MetadataImage image) {
        var releases = new ArrayList<Release>();
        image.groups()
                .group(group)
                .ifPresent(found -> found.membership().partitions().forEach((id, partition) -> {
                    if (partition.isRevoked()) {
                        long epoch =
                                random.nextInt(9) == 0 ? Long.MAX_VALUE : partition.revokedAt() - random.nextInt(2);
                        releases.add(new Release(group, partition.owner(), epoch, List.of(id)));
                    }
                }));
        releases.add(new Release(group, member(random), 1, List.of()));
        return releases;
    }

    private static List<Commit> commits(Random random, String group, MetadataImage image) {
        var commits = new ArrayList<Commit>();
        image.groups()
                .group(group)
                .ifPresent(found -> found.membership().partitions().forEach((id, partition) -> {
                    long epoch = partition.since() - random.nextInt(3) / 2;
                    var offset = new PartitionOffset(id, random.nextInt(100) - 2, 1, "m".repeat(random.nextInt(12)));
                    commits.add(new Commit(group, partition.owner(), epoch, List.of(offset)));
                }));
        commits.add(new Commit(group, member(random), 1, List.of(offset(random, image))));
        return commits;
    }

    private static PartitionOffset offset(Random random, MetadataImage image) {
        var topics = List.copyOf(image.topics().values());
        var topicId = topics.isEmpty()
                ? new UUID(9, 9)
                : topics.get(random.nextInt(topics.size())).topicId();
        return new PartitionOffset(new PartitionId(topicId, random.nextInt(3)), random.nextInt(50), 0, "");
    }
}
