package io.cordwood.server.explain;

import io.cordwood.server.explain.Cause.Place;
import io.cordwood.server.explain.GroupPicture.Member;
import io.cordwood.server.explain.GroupPicture.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What holds a group back by its members: that there are none, that they are silent, or do not want what
 * there is. What is so in a single partition is said by {@link WorkCauses}. Pure functions.
 */
final class GroupCauses {
    private GroupCauses() {}

    static List<Cause> of(GroupPicture group) {
        var causes = new ArrayList<Cause>();
        if (group.members().isEmpty()) {
            noMember(group).ifPresent(causes::add);
        } else {
            notSubscribed(group).forEach(causes::add);
            silent(group).forEach(causes::add);
        }
        var work = new WorkCauses(group);
        group.work().forEach(partition -> work.of(partition).forEach(causes::add));
        return causes;
    }

    private static Optional<Cause> noMember(GroupPicture group) {
        var waiting = group.work().stream().filter(Work::waits).toList();
        if (waiting.isEmpty()) {
            return Optional.empty();
        }
        var since = group.emptyFor()
                .map(duration -> "has had no member for " + Words.of(duration))
                .orElse("has no member");
        return Optional.of(new Cause(
                CauseCode.NO_MEMBER,
                "group " + Words.quoted(group.name()) + " " + since + ", so nobody processes" + waiting(waiting),
                "start the application",
                Place.EVERYWHERE));
    }

    private static String waiting(List<Work> work) {
        long records = work.stream()
                .flatMap(partition -> partition.lag().stream())
                .mapToLong(LagPicture::records)
                .sum();
        boolean known = work.stream().allMatch(partition -> partition.lag().isPresent());
        return ": " + (known ? "" : "at least ") + Words.count(records, "record") + " in "
                + Words.count(work.size(), "partition") + (records == 1 ? " waits" : " wait");
    }

    /** A member wants all partitions of a topic or none. */
    private static Stream<Cause> notSubscribed(GroupPicture group) {
        var unwanted = new TreeMap<String, List<Work>>();
        group.work().stream()
                .filter(work -> work.assignment().equals(GroupPicture.Assignment.NONE))
                .filter(Work::waits)
                .forEach(work -> unwanted.computeIfAbsent(work.partition().topic(), first -> new ArrayList<>())
                        .add(work));
        return unwanted.entrySet().stream()
                .map(topic -> new Cause(
                        CauseCode.NOT_SUBSCRIBED,
                        "no member of group " + Words.quoted(group.name()) + " wants topic "
                                + Words.quoted(topic.getKey()) + waiting(topic.getValue()),
                        "subscribe a member to the topic, or delete the group's offsets there",
                        Place.topic(topic.getKey())));
    }

    private static Stream<Cause> silent(GroupPicture group) {
        return group.members().values().stream()
                .filter(Member::isSilent)
                .flatMap(member -> silent(member, owned(group, member)).stream());
    }

    private static long owned(GroupPicture group, Member member) {
        return group.work().stream()
                .filter(work -> work.assignment().owner().equals(member.memberId()))
                .count();
    }

    private static Optional<Cause> silent(Member member, long partitions) {
        if (partitions == 0) {
            return Optional.empty();
        }
        return Optional.of(new Cause(
                CauseCode.SILENT_MEMBER,
                member.text() + ", which has " + Words.count(partitions, "partition") + ", was not heard of for "
                        + Words.of(member.silence()) + "; when its session of " + Words.of(member.session())
                        + " is over they are given to others",
                "see whether its process runs, and reaches the metadata leader",
                Place.member(member.memberId())));
    }
}
