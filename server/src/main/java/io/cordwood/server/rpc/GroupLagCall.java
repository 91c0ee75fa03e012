package io.cordwood.server.rpc;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.PartitionId;
import io.cordwood.metadata.TrimmedOffsets;
import io.cordwood.proto.internal.v1.MeasureLagRequest;
import io.cordwood.proto.v1.GetLagRequest;
import io.cordwood.proto.v1.GetLagResponse;
import io.cordwood.proto.v1.PartitionLag;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.group.Groups;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * GetLag: the metadata says what the group has committed, then the leader of each partition measures from
 * there, and the metadata leader says how fast the group goes.
 *
 * <p><b>Thread:</b> any, none waits.
 */
final class GroupLagCall {
    /**
     * Partitions of one call that are measured at once, or one of each leader where these are more; its others wait,
     * and other calls do not wait for them.
     */
    static final int AT_ONCE = 64;
    /** Of the call: those that have a leader do not wait for those that have none, however many these are. */
    private static final Duration ELECTION_WAIT = Duration.ofSeconds(5);
    /** Further ahead nothing is foreseen. */
    private static final double FORESEEN_MS = Duration.ofDays(36_500).toMillis();

    private static final Refusal NOT_IN_TIME = Refusal.of(
            Reason.REQUEST_TIMED_OUT, "the call was over before the partition was measured; name fewer of them");

    private final Groups groups;
    private final TopicNames names;
    private final LagMeasure measure;
    private final CommitPacesCall paces;

    GroupLagCall(Groups groups, TopicNames names, LagMeasure measure, CommitPacesCall paces) {
        this.groups = groups;
        this.names = names;
        this.measure = measure;
        this.paces = paces;
    }

    CompletableFuture<GetLagResponse> call(GetLagRequest request, Deadline deadline) {
        RepeatedFields.requireFew("partitions", request.getPartitionsCount());
        return groups.find(request.getGroup())
                .thenCompose(found ->
                        of(found, wanted(request, found), new Waits(deadline, deadline.earlier(ELECTION_WAIT))))
                .thenApply(lags ->
                        GetLagResponse.newBuilder().addAllPartitions(lags).build());
    }

    /**
     * How long a call may take.
     *
     * @param elections until when leaders are waited for
     */
    record Waits(Deadline answers, Deadline elections) {
        /** Nobody is there any more who would hear the answer. */
        boolean areOver() {
            return answers.passed() || answers.cancelled().isDone();
        }
    }

    private List<TopicPartition> wanted(GetLagRequest request, Groups.Found found) {
        return request.getPartitionsCount() == 0
                ? all(found)
                : request.getPartitionsList().stream()
                        .map(name -> new TopicPartition(name.getTopic(), name.getPartition()))
                        .toList();
    }

    /** What the group has an offset of, or a member has or shall have; in order of topic and number. */
    private List<TopicPartition> all(Groups.Found found) {
        var ids = new TreeSet<>(found.group().membership().partitions().keySet());
        ids.addAll(found.group().offsets().keySet());
        requireFew("partitions", ids.size());
        return ids.stream()
                .map(id -> new TopicPartition(names.of(id.topicId(), found.image()), id.partition()))
                .sorted(Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition))
                .toList();
    }

    /**
     * Who asks for all partitions of a group asks for as many as if each was named.
     *
     * @param field that names fewer
     * @throws io.cordwood.server.cluster.RefusedException where there are too many
     */
    static void requireFew(String field, int all) {
        int most = RepeatedFields.ELEMENTS_MAX;
        if (all > most) {
            throw Refusal.field(
                            Reason.INVALID_ARGUMENT,
                            field,
                            "all " + all + " of the group",
                            "named, so that at most " + most + " partitions are measured in one call")
                    .exception();
        }
    }

    /**
     * How far a group is behind, in the order of the partitions. What is wrong with one is said at that
     * one; it fails only where this program does.
     */
    CompletableFuture<List<PartitionLag>> of(Groups.Found found, List<TopicPartition> partitions, Waits waits) {
        var pacing = paces.of(found.group().name(), waits.answers());
        return byLeader(partitions, partition -> measured(found, partition, waits))
                .thenCombine(
                        pacing,
                        (measured, known) -> measured.stream()
                                .map(lag -> forecast(lag, known))
                                .toList());
    }

    /** Each leader has its share of what is measured at once: one that hangs does not hold up those of others. */
    private CompletableFuture<List<PartitionLag>> byLeader(
            List<TopicPartition> partitions, Function<TopicPartition, CompletableFuture<PartitionLag>> call) {
        var places = IntStream.range(0, partitions.size())
                .boxed()
                .collect(Collectors.groupingBy(
                        place -> measure.leader(partitions.get(place)), LinkedHashMap::new, Collectors.toList()));
        int share = Math.max(1, AT_ONCE / Math.max(1, places.size()));
        var measured = new AtomicReferenceArray<PartitionLag>(partitions.size());
        var shares = places.values().stream()
                .map(own -> BoundedCalls.of(
                        own,
                        share,
                        place -> call.apply(partitions.get(place)).thenAccept(lag -> measured.set(place, lag))))
                .toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(shares)
                .thenApply(done -> IntStream.range(0, partitions.size())
                        .mapToObj(measured::get)
                        .toList());
    }

    private CompletableFuture<PartitionLag> measured(Groups.Found found, TopicPartition name, Waits waits) {
        var lag = PartitionLag.newBuilder().setTopic(name.topic()).setPartition(name.partition());
        var missing = Partitions.check(found.image(), name);
        if (missing.isPresent()) {
            return CompletableFuture.completedFuture(
                    lag.setError(Errors.status(missing.get())).build());
        }
        var topicId = found.image().topic(name.topic()).orElseThrow().topicId();
        var committed = found.group().offset(new PartitionId(topicId, name.partition()));
        committed.ifPresent(offset -> lag.setOffset(offset.offset()));
        lag.setTopicId(topicId.toString());
        if (waits.areOver()) {
            return CompletableFuture.completedFuture(
                    lag.setError(Errors.status(NOT_IN_TIME)).build());
        }
        return measure.call(question(lag, found.group()), waits.answers(), waits.elections())
                .handle((measured, failure) -> failure == null
                        ? lag.mergeFrom(measured).build()
                        : lag.setError(Errors.status(failure)).build());
    }

    private static MeasureLagRequest question(PartitionLag.Builder lag, ConsumerGroup group) {
        var question = MeasureLagRequest.newBuilder()
                .setTopic(lag.getTopic())
                .setTopicId(lag.getTopicId())
                .setPartition(lag.getPartition())
                .setFromEnd(group.membership().settings().trimmedOffsets() == TrimmedOffsets.LATEST);
        if (lag.hasOffset()) {
            question.setOffset(lag.getOffset());
        }
        return question.build();
    }

    private static PartitionLag forecast(PartitionLag lag, Map<PartitionId, Double> paces) {
        if (lag.getTopicId().isEmpty()) {
            return lag;
        }
        var id = new PartitionId(GroupMessages.topicId(lag.getTopicId()), lag.getPartition());
        var committed = Optional.ofNullable(paces.get(id));
        var forecast = lag.toBuilder();
        committed.ifPresent(forecast::setCommittedPerSecond);
        if (lag.hasAppendedPerSecond()) {
            var left = lag.getRecords() == 0
                    ? Optional.of(Duration.ZERO)
                    : committed.flatMap(
                            perSecond -> untilCaughtUp(lag.getRecords(), perSecond - lag.getAppendedPerSecond()));
            left.ifPresent(duration -> forecast.setUntilCaughtUp(GroupMessages.wire(duration)));
        }
        return forecast.build();
    }

    /** @param gained offsets per second by which the lag shrinks */
    private static Optional<Duration> untilCaughtUp(long records, double gained) {
        double millis = records * 1_000.0 / gained;
        return gained > 0 && millis < FORESEEN_MS ? Optional.of(Duration.ofMillis((long) millis)) : Optional.empty();
    }
}
