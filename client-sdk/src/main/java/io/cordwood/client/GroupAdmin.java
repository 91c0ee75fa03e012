package io.cordwood.client;

import io.cordwood.proto.v1.DeleteGroupRequest;
import io.cordwood.proto.v1.DescribeGroupRequest;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.ListGroupsRequest;
import io.cordwood.proto.v1.OffsetReset;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Lists, describes, resets and deletes consumer groups. Every verb has a blocking form and an {@code Async}
 * twin; both fail with {@link CordwoodException}.
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
     * Sets offsets of a group, all of them or none; in order of topic and number, what became of them. It is
     * done once at most: where nobody knows whether it was, it fails and is not repeated, because members
     * may have gone on from the new offsets.
     */
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
        var method = GroupServiceGrpc.getResetOffsetsMethod();
        var answered = dryRun ? calls.read(method, request.build()) : calls.once(method, request.build());
        return answered.thenApply(answer ->
                answer.getPartitionsList().stream().map(GroupTranslation::reset).toList());
    }
}
