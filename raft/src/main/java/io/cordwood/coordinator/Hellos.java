package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupMember;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What members say of themselves: what is wrong with it, and the join that it comes to. Pure functions. */
final class Hellos {
    private Hellos() {}

    /** The first rule that it breaks, apart from those of the metadata and of patterns. */
    static Optional<GroupRefusal> check(MemberHello hello) {
        return MemberHello.checkMemberId(hello.memberId())
                .or(() -> checkTexts(hello))
                .or(() -> checkSize(hello));
    }

    private static Optional<GroupRefusal> checkTexts(MemberHello hello) {
        return Stream.of(hello.name(), hello.instanceId(), hello.rack(), hello.clientHost())
                .filter(text -> text.length() > MemberHello.MAX_TEXT_LENGTH)
                .findFirst()
                .flatMap(text -> refused(
                        GroupReason.INVALID_NAME,
                        "name, instance_id, rack or host",
                        text.length() + " characters",
                        "at most " + MemberHello.MAX_TEXT_LENGTH));
    }

    /** Whether the join finds room in a raft entry. */
    private static Optional<GroupRefusal> checkSize(MemberHello hello) {
        long room = room(hello);
        return room >= 0
                ? Optional.empty()
                : refused(
                        GroupReason.INVALID_SUBSCRIPTION,
                        "bytes of the subscription",
                        Long.toString(EntryBudget.MAX_BYTES - room),
                        "at most " + EntryBudget.MAX_BYTES);
    }

    /** How many bytes of names a join may hold beside all else that it says. */
    static long room(MemberHello hello) {
        // It may have to name the member whose place it takes.
        var longest = "m".repeat(MemberHello.MAX_TEXT_LENGTH);
        return EntryBudget.MAX_BYTES - EntryBudget.bytes(join(hello, longest, new TreeSet<>()));
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

    /** Whether the join of a member that comes again says nothing new. */
    static boolean says(Join join, GroupMember known) {
        return join.subscription().equals(known.subscription())
                && join.settings().sessionTimeout().equals(known.sessionTimeout())
                && join.instanceId().equals(known.instanceId())
                && join.name().equals(known.name())
                && join.rack().equals(known.rack())
                && join.clientHost().equals(known.clientHost());
    }
}
