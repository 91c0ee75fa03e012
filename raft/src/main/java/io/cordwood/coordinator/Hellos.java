package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupMember;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What members say of themselves: what is wrong with it, and the join that it comes to. Pure functions. */
final class Hellos {
    /** Of a text that a member says, in characters. */
    private static final int MAX_TEXT_LENGTH = 256;

    private Hellos() {}

    /** The first rule that it breaks, apart from those of the metadata. */
    private static Optional<GroupRefusal> check(MemberHello hello) {
        if (hello.memberId().isEmpty()) {
            return refused(GroupReason.INVALID_NAME, "member_id", "", "not empty");
        }
        var longText = Stream.of(hello.memberId(), hello.name(), hello.instanceId(), hello.rack(), hello.clientHost())
                .filter(text -> text.length() > MAX_TEXT_LENGTH)
                .findFirst();
        if (longText.isPresent()) {
            return refused(
                    GroupReason.INVALID_NAME,
                    "member_id, name, instance_id, rack or host",
                    longText.get().length() + " characters",
                    "at most " + MAX_TEXT_LENGTH);
        }
        return checkSize(hello, new TreeSet<>())
                .or(() -> TopicPattern.check(hello.subscription().pattern()));
    }

    /** Whether the join finds room in a raft entry, with the topics that its pattern matches. */
    private static Optional<GroupRefusal> checkSize(MemberHello hello, SortedSet<String> patternTopics) {
        long bytes = EntryBudget.bytes(join(hello, "", patternTopics));
        return bytes <= EntryBudget.MAX_BYTES
                ? Optional.empty()
                : refused(
                        GroupReason.INVALID_SUBSCRIPTION,
                        "bytes of the subscription, with the topics that its pattern matches",
                        Long.toString(bytes),
                        "at most " + EntryBudget.MAX_BYTES);
    }

    private static GroupRefusal tooCostly(String pattern) {
        return new GroupRefusal(
                GroupReason.INVALID_SUBSCRIPTION, "pattern", pattern, "one that is cheap to match with all topics");
    }

    /** What a pattern matches, or why not. */
    record Matching(Optional<GroupRefusal> refusal, SortedSet<String> names) {}

    /**
     * The first rule that it breaks, or what its pattern matches; empty where neither is so.
     *
     * @param topics names of those that there are
     */
    static Optional<Matching> matching(MemberHello hello, Set<String> topics) {
        var refusal = check(hello);
        if (refusal.isPresent()) {
            return Optional.of(new Matching(refusal, new TreeSet<>()));
        }
        var pattern = hello.subscription().pattern();
        if (pattern.isEmpty()) {
            return Optional.empty();
        }
        var names = TopicPattern.of(pattern).matching(topics);
        return Optional.of(
                names.isPresent()
                        ? new Matching(checkSize(hello, names.get()), names.get())
                        : new Matching(Optional.of(tooCostly(pattern)), new TreeSet<>()));
    }

    private static Optional<GroupRefusal> refused(GroupReason reason, String field, String value, String limit) {
        return Optional.of(new GroupRefusal(reason, field, value, limit));
    }

    static Join join(MemberHello hello, String replaces, SortedSet<String> patternTopics) {
        return new Join(
                hello.group(),
                hello.memberId(),
                hello.name(),
                hello.instanceId(),
                replaces,
                hello.rack(),
                hello.clientHost(),
                hello.subscription(),
                patternTopics,
                hello.settings());
    }

    /** Whether a member's join says nothing new. */
    static boolean says(Join join, GroupMember known, GroupSettings settings) {
        return join.subscription().equals(known.subscription())
                && join.settings().equals(settings)
                && join.instanceId().equals(known.instanceId())
                && join.name().equals(known.name())
                && join.rack().equals(known.rack())
                && join.clientHost().equals(known.clientHost());
    }
}
