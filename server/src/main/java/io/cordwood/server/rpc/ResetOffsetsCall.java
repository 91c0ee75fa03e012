package io.cordwood.server.rpc;

import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.ResetOffsets;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.ListOffsetsResponse;
import io.cordwood.proto.v1.OffsetReset;
import io.cordwood.proto.v1.PartitionOffsets;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import io.cordwood.proto.v1.ResetOffsetsResponse;
import io.cordwood.proto.v1.ResetPartition;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.group.Groups;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.StartPoint;
import io.cordwood.server.partition.TopicPartition;
import java.time.Clock;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * ResetOffsets: the metadata leader has the leaders of the partitions say what the start points mean, then
 * writes all at once.
 *
 * <p>Invariant: it is written once at most, also where nobody knows whether it was.
 *
 * <p><b>Thread:</b> any.
 */
final class ResetOffsetsCall {
    private static final int RESETS_MAX = 1000;
    /** As many as a topic may have; those of as many topics as there may be resets fit into one raft entry. */
    private static final int PARTITIONS_MAX = RepeatedFields.ELEMENTS_MAX;

    private static final Comparator<TopicPartition> BY_NAME =
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

    private final Cluster cluster;
    private final Groups groups;
    private final ListOffsetsCall listOffsets;
    private final GroupLimits limits;
    private final Clock clock;
    private final MetadataRouter router;
    private final ForwardedMethod<ResetOffsetsRequest, ResetOffsetsResponse> method;

    ResetOffsetsCall(
            Cluster cluster, ListOffsetsCall listOffsets, GroupLimits limits, Clock clock, MetadataRouter router) {
        this.cluster = cluster;
        this.groups = new Groups(cluster);
        this.listOffsets = listOffsets;
        this.limits = limits;
        this.clock = clock;
        this.router = router;
        this.method = ForwardedMethod.of(
                GroupServiceGrpc.getResetOffsetsMethod(),
                ResetOffsetsRequest.getDefaultInstance(),
                ResetOffsetsResponse.getDefaultInstance(),
                false,
                this::here);
    }

    ForwardedMethod<ResetOffsetsRequest, ResetOffsetsResponse> method() {
        return method;
    }

    /** What one partition is set to, in the topic that has this name now. */
    private record Target(PartitionId id, PartitionOffsets found) {}

    CompletableFuture<ResetOffsetsResponse> call(ResetOffsetsRequest request, Deadline deadline) {
        requireCount("resets", request.getResetsCount(), RESETS_MAX);
        MemberHellos.requireName("group", request.getGroup());
        request.getResetsList().forEach(ResetOffsetsCall::checkStart);
        return request.getDryRun() ? here(request, deadline) : router.call(method, request, deadline);
    }

    private CompletableFuture<ResetOffsetsResponse> here(ResetOffsetsRequest request, Deadline deadline) {
        return cluster.currentImage().thenCompose(image -> {
            var wanted = wanted(request.getResetsList(), image);
            // Before leaders are asked: what the group refuses now it is refused for, whatever they would
            // say.
            Groups.tryOut(command(request, List.of()), image);
            return found(wanted, image, deadline).thenCompose(targets -> reset(request, targets, image));
        });
    }

    private static void requireCount(String field, int count, int max) {
        if (count < 1 || count > max) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, field, count, "from 1 to " + max)
                    .exception();
        }
    }

    private static void checkStart(OffsetReset reset) {
        RepeatedFields.requireFew("resets.partitions", reset.getPartitionsCount());
        if (reset.getTo().isEmpty()) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "resets.to", "", "where to go on, such as 42 or earliest")
                    .exception();
        }
        StartPoint.parse(reset.getTo());
    }

    /** Partitions with the start points that are meant. */
    private static SortedMap<TopicPartition, String> wanted(List<OffsetReset> resets, MetadataImage image) {
        var wanted = new TreeMap<TopicPartition, String>(BY_NAME);
        for (OffsetReset reset : resets) {
            for (int partition : partitions(reset, image)) {
                var name = new TopicPartition(reset.getTopic(), partition);
                Partitions.check(image, name).ifPresent(missing -> {
                    throw missing.exception();
                });
                if (wanted.put(name, reset.getTo()) != null) {
                    throw Refusal.field(Reason.INVALID_ARGUMENT, "resets.partitions", name, "named once")
                            .exception();
                }
            }
        }
        requireCount("partitions of all resets", wanted.size(), PARTITIONS_MAX);
        return wanted;
    }

    private static Collection<Integer> partitions(OffsetReset reset, MetadataImage image) {
        var topic = image.topic(reset.getTopic())
                .orElseThrow(() -> Partitions.unknownTopic(reset.getTopic()).exception());
        return reset.getPartitionsCount() > 0
                ? reset.getPartitionsList()
                : IntStream.range(0, topic.partitions().size()).boxed().toList();
    }

    private CompletableFuture<SortedMap<TopicPartition, Target>> found(
            SortedMap<TopicPartition, String> wanted, MetadataImage image, Deadline deadline) {
        var questions = wanted.entrySet().stream()
                .map(entry -> listOffsets.call(question(entry.getKey(), entry.getValue()), deadline))
                .toList();
        return CompletableFuture.allOf(questions.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    var targets = new TreeMap<TopicPartition, Target>(BY_NAME);
                    var answers = questions.iterator();
                    wanted.keySet()
                            .forEach(name -> targets.put(
                                    name, target(name, image, answers.next().join())));
                    return targets;
                });
    }

    private static ListOffsetsRequest question(TopicPartition name, String start) {
        return ListOffsetsRequest.newBuilder()
                .setTopic(name.topic())
                .addPartitions(name.partition())
                .setStart(start)
                .build();
    }

    private static Target target(TopicPartition name, MetadataImage image, ListOffsetsResponse answer) {
        var found = answer.getPartitions(0);
        if (found.hasError()) {
            throw Errors.refusal(found.getError()).exception();
        }
        var topicId = image.topic(name.topic()).orElseThrow().topicId();
        return new Target(new PartitionId(topicId, name.partition()), found);
    }

    private ResetOffsets command(ResetOffsetsRequest request, List<PartitionOffset> offsets) {
        return new ResetOffsets(
                clock.millis(), limits, request.getGroup(), offsets, request.getForce(), request.getCreate());
    }

    private CompletableFuture<ResetOffsetsResponse> reset(
            ResetOffsetsRequest request, SortedMap<TopicPartition, Target> targets, MetadataImage image) {
        var offsets = targets.values().stream()
                .map(target ->
                        new PartitionOffset(target.id(), target.found().getOffset(), GroupMessages.NO_LEADER_EPOCH, ""))
                .toList();
        var command = command(request, offsets);
        if (request.getDryRun()) {
            Groups.tryOut(command, image);
            return CompletableFuture.completedFuture(response(request.getGroup(), targets, image));
        }
        return groups.changeHere(command).thenApply(done -> response(request.getGroup(), targets, image));
    }

    /** @param before the metadata as it was found */
    private static ResetOffsetsResponse response(
            String group, SortedMap<TopicPartition, Target> targets, MetadataImage before) {
        var response = ResetOffsetsResponse.newBuilder();
        targets.forEach((name, target) -> {
            var partition = ResetPartition.newBuilder()
                    .setTopic(name.topic())
                    .setTopicId(target.id().topicId().toString())
                    .setPartition(name.partition())
                    .setOffset(target.found().getOffset())
                    .setLogStartOffset(target.found().getLogStartOffset())
                    .setHighWatermark(target.found().getHighWatermark());
            before.groups()
                    .group(group)
                    .flatMap(known -> known.offset(target.id()))
                    .ifPresent(offset -> partition.setBefore(offset.offset()));
            response.addPartitions(partition);
        });
        return response.build();
    }
}
