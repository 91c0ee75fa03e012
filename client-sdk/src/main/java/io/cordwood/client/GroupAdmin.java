package io.cordwood.client;

import io.cordwood.proto.v1.DeleteGroupRequest;
import io.cordwood.proto.v1.DeleteOffsetsRequest;
import io.cordwood.proto.v1.DescribeGroupRequest;
import io.cordwood.proto.v1.GetLagRequest;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.ListGroupsRequest;
import io.cordwood.proto.v1.OffsetReset;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Lists, describes, measures, resets and deletes consumer groups. Every verb has a blocking form and an
 * {@code Async} twin; both fail with {@link CordwoodException}.
 *
 * <p><b>Thread:</b> any. Futures are completed on the client's callback executor.
 */
public final class GroupAdmin {
    private static final int PAGE_SIZE = 1000;

    private final UnaryCalls calls;

    GroupAdmin(UnaryCalls calls) {
        this.calls = calls;
    }

    /** All groups, in order of their names. */
    public List<GroupSummary> list() {
        return Waiting.on(groupsFrom("", new ArrayList<>()));
    }

    /** As {@link #list}. */
    public CompletableFuture<List<GroupSummary>> listAsync() {
        return calls.published(groupsFrom("", new ArrayList<>()));
    }

    private CompletableFuture<List<GroupSummary>> groupsFrom(String token, List<GroupSummary> before) {
        var request = ListGroupsRequest.newBuilder().setPageSize(PAGE_SIZE).setPageToken(token);
        return calls.read(GroupServiceGrpc.getListGroupsMethod(), request.build())
                .thenCompose(page -> {
                    page.getGroupsList().stream().map(GroupTranslation::summary).forEach(before::add);
                    return page.getNextPageToken().isEmpty()
                            ? CompletableFuture.<List<GroupSummary>>completedFuture(List.copyOf(before))
                            : groupsFrom(page.getNextPageToken(), before);
                });
    }

    /** Members, who has which partition, and committed offsets. */
    public GroupDescription describe(String group) {
        return Waiting.on(described(group));
    }

    /** As {@link #describe}. */
    public CompletableFuture<GroupDescription> describeAsync(String group) {
        return calls.published(described(group));
    }

    private CompletableFuture<GroupDescription> described(String group) {
        var request = DescribeGroupRequest.newBuilder().setGroup(Names.requireGroup(group));
        return calls.read(GroupServiceGrpc.getDescribeGroupMethod(), request.build())
                .thenApply(answer -> GroupTranslation.group(answer.getGroup()));
    }

    /** Deletes a group without members, with its offsets. */
    public void delete(String group) {
        Waiting.on(deleted(group));
    }

    /** As {@link #delete}. */
    public CompletableFuture<Void> deleteAsync(String group) {
        return calls.published(deleted(group));
    }

    private CompletableFuture<Void> deleted(String group) {
        var request = DeleteGroupRequest.newBuilder().setGroup(Names.requireGroup(group));
        return calls.change(GroupServiceGrpc.getDeleteGroupMethod(), request.build())
                .thenCompose(answer -> answer.doneBefore(ErrorCode.UNKNOWN_GROUP)
                        ? CompletableFuture.<Void>completedFuture(null)
                        : answer.value().<Void>thenApply(response -> null));
    }

    /**
     * How far a group is behind in each partition that it has an offset of, or that a member has or shall
     * have.
     */
    public List<PartitionLag> lag(String group) {
        return lag(group, List.of());
    }

    /**
     * How far a group is behind in these partitions, in their order.
     *
     * @param partitions at most 10,000; none means all
     */
    public List<PartitionLag> lag(String group, Collection<TopicPartition> partitions) {
        return Waiting.on(measured(group, partitions));
    }

    /** As {@link #lag(String)}. */
    public CompletableFuture<List<PartitionLag>> lagAsync(String group) {
        return lagAsync(group, List.of());
    }

    /** As {@link #lag(String, Collection)}. */
    public CompletableFuture<List<PartitionLag>> lagAsync(String group, Collection<TopicPartition> partitions) {
        return calls.published(measured(group, partitions));
    }

    private CompletableFuture<List<PartitionLag>> measured(String group, Collection<TopicPartition> partitions) {
        var request =
                GetLagRequest.newBuilder().setGroup(Names.requireGroup(group)).addAllPartitions(messages(partitions));
        return calls.read(GroupServiceGrpc.getGetLagMethod(), request.build())
                .thenApply(answer -> answer.getPartitionsList().stream()
                        .map(LagTranslation::lag)
                        .toList());
    }

    /**
     * Forgets how far a group has come in partitions that no member has; in their order, what became of them.
     *
     * @param partitions from one to 1000
     */
    public List<OffsetDeletion> deleteOffsets(String group, Collection<TopicPartition> partitions) {
        return Waiting.on(forgotten(group, partitions));
    }

    /** As {@link #deleteOffsets}. */
    public CompletableFuture<List<OffsetDeletion>> deleteOffsetsAsync(
            String group, Collection<TopicPartition> partitions) {
        return calls.published(forgotten(group, partitions));
    }

    private CompletableFuture<List<OffsetDeletion>> forgotten(String group, Collection<TopicPartition> partitions) {
        var request = DeleteOffsetsRequest.newBuilder()
                .setGroup(Names.requireGroup(group))
                .addAllPartitions(messages(partitions));
        var named = List.copyOf(partitions);
        return calls.change(GroupServiceGrpc.getDeleteOffsetsMethod(), request.build())
                .thenCompose(answer -> answer.doneBefore(ErrorCode.UNKNOWN_GROUP) // it went with its last offset
                        ? CompletableFuture.completedFuture(named.stream()
                                .map(partition -> new OffsetDeletion(partition, Optional.empty()))
                                .toList())
                        : answer.value()
                                .thenApply(response -> response.getResultsList().stream()
                                        .map(LagTranslation::deletion)
                                        .toList()));
    }

    private static List<io.cordwood.proto.v1.TopicPartition> messages(Collection<TopicPartition> partitions) {
        return partitions.stream()
                .map(partition -> io.cordwood.proto.v1.TopicPartition.newBuilder()
                        .setTopic(Names.requireTopic(partition.topic()))
                        .setPartition(partition.partition())
                        .build())
                .toList();
    }

    /** Sets offsets of a group, all of them or none; in order of topic and number, what became of them. */
    public List<ResetOffset> reset(GroupReset reset) {
        return Waiting.on(set(reset, false));
    }

    /** As {@link #reset}. */
    public CompletableFuture<List<ResetOffset>> resetAsync(GroupReset reset) {
        return calls.published(set(reset, false));
    }

    /** What {@link #reset} would do; changes nothing. */
    public List<ResetOffset> previewReset(GroupReset reset) {
        return Waiting.on(set(reset, true));
    }

    /** As {@link #previewReset}. */
    public CompletableFuture<List<ResetOffset>> previewResetAsync(GroupReset reset) {
        return calls.published(set(reset, true));
    }

    private CompletableFuture<List<ResetOffset>> set(GroupReset reset, boolean dryRun) {
        var request = ResetOffsetsRequest.newBuilder()
                .setGroup(reset.group())
                .setDryRun(dryRun)
                .setForce(reset.force())
                .setCreate(reset.create());
        for (var place : reset.places()) {
            request.addResets(OffsetReset.newBuilder()
                    .setTopic(place.topic())
                    .addAllPartitions(place.partitions())
                    .setTo(place.start().toString()));
        }
        return calls.change(GroupServiceGrpc.getResetOffsetsMethod(), request.build())
                .thenCompose(answer -> answer.value())
                .thenApply(answer -> answer.getPartitionsList().stream()
                        .map(GroupTranslation::reset)
                        .toList());
    }
}
