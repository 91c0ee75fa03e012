package io.cordwood.server.rpc;

import io.cordwood.coordinator.MemberProgress;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupMember;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.internal.v1.FencedCommit;
import io.cordwood.proto.internal.v1.GroupStandingResponse;
import io.cordwood.proto.internal.v1.LeftStop;
import io.cordwood.proto.internal.v1.MemberStanding;
import io.cordwood.proto.v1.PartitionLag;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.explain.GroupPicture;
import io.cordwood.server.explain.GroupPicture.Assignment;
import io.cordwood.server.explain.GroupPicture.Committed;
import io.cordwood.server.explain.GroupPicture.Fenced;
import io.cordwood.server.explain.GroupPicture.Heard;
import io.cordwood.server.explain.GroupPicture.Left;
import io.cordwood.server.explain.GroupPicture.Member;
import io.cordwood.server.explain.GroupPicture.Told;
import io.cordwood.server.explain.GroupPicture.Work;
import io.cordwood.server.explain.LagPicture;
import io.cordwood.server.explain.LagPicture.Rates;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Puts together what is known of a group: the metadata, what its leader has in memory, and what the leaders
 * of the partitions say.
 *
 * <p><b>Thread:</b> immutable once made; any.
 */
final class GroupPictures {
    private final ConsumerGroup group;
    private final Map<String, MemberStanding> standings = new HashMap<>();
    private final Map<PartitionId, MemberProgress> progress = new HashMap<>();
    private final Map<PartitionId, Fenced> fenced = new HashMap<>();
    private final Map<PartitionId, Left> left = new HashMap<>();

    /** @param standing of the metadata leader; one that says nothing where it did not answer */
    GroupPictures(ConsumerGroup group, GroupStandingResponse standing) {
        this.group = group;
        standing.getMembersList().forEach(member -> {
            standings.put(member.getMemberId(), member);
            MemberReports.of(member.getHeldList()).forEach(told -> progress.put(told.partition(), told));
        });
        standing.getFencedList().forEach(refused -> fenced(refused).ifPresent(found -> fenced.put(id(refused), found)));
        standing.getLeftList()
                .forEach(gone -> progress(gone)
                        .ifPresent(told -> told.stop()
                                .ifPresent(stop -> left.put(told.partition(), left(gone, told.offset(), stop)))));
    }

    private static Optional<MemberProgress> progress(LeftStop gone) {
        return MemberReports.of(List.of(gone.getProgress())).stream().findFirst();
    }

    private static Left left(LeftStop gone, long offset, MemberProgress.Stop stop) {
        return new Left(
                gone.getMemberId(),
                gone.getMemberName(),
                gone.getHost(),
                offset,
                stop,
                Duration.ofMillis(gone.getAgoMs()));
    }

    /** One of which nothing is left but what its last members said, as none of them committed anything. */
    static Optional<ConsumerGroup> gone(String name, GroupStandingResponse standing, long nowMillis) {
        return standing.getLeftList().stream()
                .map(LeftStop::getAgoMs)
                .min(Comparator.naturalOrder())
                .map(ago -> ConsumerGroup.empty(name, nowMillis - ago));
    }

    /** Partitions in which members had stopped that went; some of them may be no longer. */
    static Set<PartitionId> left(GroupStandingResponse standing) {
        return standing.getLeftList().stream()
                .flatMap(gone -> progress(gone).stream())
                .map(MemberProgress::partition)
                .collect(Collectors.toSet());
    }

    private static PartitionId id(FencedCommit refused) {
        var partition = refused.getPartition();
        return GroupMessages.partition(GroupMessages.topicId(partition.getTopicId()), partition.getPartition());
    }

    /** Empty where a newer program has a reason that this one does not know. */
    private static Optional<Fenced> fenced(FencedCommit refused) {
        return Stream.of(Reason.values())
                .filter(reason -> reason.name().equals(refused.getReason()))
                .findFirst()
                .map(reason -> new Fenced(
                        refused.getMemberId(), reason, refused.getExpired(), Duration.ofMillis(refused.getAgoMs())));
    }

    /** @param names of the partitions that are asked about */
    GroupPicture of(
            SortedMap<PartitionId, TopicPartition> names, Map<TopicPartition, LagPicture> lags, long nowMillis) {
        var members = new TreeMap<String, Member>();
        group.membership().members().forEach((id, member) -> members.put(id, member(member)));
        var emptyFor = group.isActive()
                ? Optional.<Duration>empty()
                : Optional.of(Duration.ofMillis(nowMillis - group.emptySinceMillis()));
        return new GroupPicture(
                group.name(),
                emptyFor,
                group.membership().settings().trimmedOffsets(),
                members,
                names.entrySet().stream()
                        .map(entry -> work(
                                entry.getKey(),
                                entry.getValue(),
                                Optional.ofNullable(lags.get(entry.getValue())),
                                nowMillis))
                        .toList());
    }

    private Member member(GroupMember member) {
        var heard = Optional.ofNullable(standings.get(member.memberId()))
                .map(known ->
                        new Heard(Duration.ofMillis(known.getPresentMs()), Duration.ofMillis(known.getSilentMs())));
        return new Member(member.memberId(), member.name(), member.clientHost(), member.sessionTimeout(), heard);
    }

    private Work work(PartitionId id, TopicPartition name, Optional<LagPicture> lag, long nowMillis) {
        var assignment = Optional.ofNullable(group.membership().partitions().get(id))
                .map(GroupPictures::assignment)
                .orElse(Assignment.NONE);
        var told = new Told(
                Optional.ofNullable(progress.get(id)),
                Optional.ofNullable(fenced.get(id)),
                Optional.ofNullable(left.get(id)));
        var committed = group.offset(id)
                .map(offset -> new Committed(offset.offset(), Duration.ofMillis(nowMillis - offset.timeMillis())));
        return new Work(name, assignment, committed, lag, told);
    }

    private static Assignment assignment(GroupPartition partition) {
        return new Assignment(partition.owner(), partition.isRevoked(), partition.target());
    }

    /** Of those that could be measured. */
    static Map<TopicPartition, LagPicture> lags(List<PartitionLag> measured) {
        var lags = new HashMap<TopicPartition, LagPicture>();
        measured.stream()
                // One whose log could not be read has its figures all the same.
                .filter(lag -> !lag.hasError() || lag.getHighWatermark() > 0)
                .forEach(lag -> lags.put(new TopicPartition(lag.getTopic(), lag.getPartition()), lag(lag)));
        return lags;
    }

    private static LagPicture lag(PartitionLag lag) {
        var rates = new Rates(
                lag.hasCommittedPerSecond() ? OptionalDouble.of(lag.getCommittedPerSecond()) : OptionalDouble.empty(),
                lag.hasAppendedPerSecond() ? OptionalDouble.of(lag.getAppendedPerSecond()) : OptionalDouble.empty(),
                lag.hasUntilCaughtUp() ? Optional.of(duration(lag.getUntilCaughtUp())) : Optional.empty());
        return new LagPicture(
                lag.getRecords(),
                lag.getTrimmedRecords(),
                lag.getLogStartOffset(),
                lag.getHighWatermark(),
                lag.hasAge() ? Optional.of(duration(lag.getAge())) : Optional.empty(),
                lag.hasUntilTrimmed() ? Optional.of(duration(lag.getUntilTrimmed())) : Optional.empty(),
                rates);
    }

    private static Duration duration(com.google.protobuf.Duration duration) {
        return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
    }
}
