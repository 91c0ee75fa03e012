package io.cordwood.server.group;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupCommand.DeleteGroup;
import io.cordwood.metadata.GroupCommand.DeleteOffsets;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.PartitionId;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.GroupRefusals;
import io.cordwood.server.cluster.MetadataRefusals;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;

/**
 * What operators ask of consumer groups and change of them, through the metadata, on any node.
 *
 * <p><b>Thread:</b> any; no state of its own. Futures fail with {@link RefusedException} where a rule is
 * broken.
 */
public final class Groups {
    private static final int DEFAULT_PAGE = 100;
    private static final int PAGE_MAX = 1_000;

    private final Cluster cluster;

    public Groups(Cluster cluster) {
        this.cluster = cluster;
    }

    /** A group, and the metadata that shows it. */
    public record Found(ConsumerGroup group, MetadataImage image) {}

    /** @param nextToken empty at the end */
    public record Page(List<ConsumerGroup> groups, String nextToken) {}

    /** As of all that was acknowledged before the call. */
    public CompletableFuture<Found> find(String name) {
        return cluster.currentImage()
                .thenApply(image -> image.groups()
                        .group(name)
                        .map(group -> new Found(group, image))
                        .orElseThrow(() -> unknown(name).exception()));
    }

    public static Refusal unknown(String name) {
        return Refusal.field(Reason.UNKNOWN_GROUP, "group", name, "a group that exists");
    }

    /**
     * @param pageSize 0 means the default
     * @param token the name that the page before ended with; empty for the first
     */
    public CompletableFuture<Page> list(int pageSize, String token) {
        if (pageSize < 0 || pageSize > PAGE_MAX) {
            return RefusedException.failedFuture(
                    Refusal.field(Reason.INVALID_ARGUMENT, "page_size", pageSize, "from 0 to " + PAGE_MAX));
        }
        int size = pageSize == 0 ? DEFAULT_PAGE : pageSize;
        return cluster.currentImage().thenApply(image -> {
            // From the smallest name that is greater than the token.
            var following = image.groups().byName().tailMap(token.isEmpty() ? "" : token + "\0");
            var more = following.values().stream().limit(size + 1L).toList();
            var page = more.subList(0, Math.min(size, more.size()));
            return new Page(page, more.size() > size ? page.get(size - 1).name() : "");
        });
    }

    public CompletableFuture<Void> delete(String name) {
        return find(name)
                .thenCompose(found -> cluster.submit(new DeleteGroup(name)))
                .thenAccept(result -> requireAll(refused(result)));
    }

    /** @return partitions whose offset was not deleted, by their places */
    public CompletableFuture<SortedMap<Integer, GroupRefusal>> deleteOffsets(
            String name, List<PartitionId> partitions) {
        return find(name)
                .thenCompose(found -> cluster.submit(new DeleteOffsets(name, partitions)))
                .thenApply(Groups::refused);
    }

    /** Has the command applied; all of it or nothing. */
    public CompletableFuture<Void> change(GroupCommand.ResetOffsets command) {
        return cluster.submit(command).thenAccept(result -> requireAll(refused(result)));
    }

    /** @throws RefusedException where the command would be refused now */
    public static void tryOut(GroupCommand.ResetOffsets command, MetadataImage image) {
        requireAll(refused(new MetadataState(image).apply(command, image.index() + 1)));
    }

    private static void requireAll(SortedMap<Integer, GroupRefusal> refused) {
        Optional<GroupRefusal> first = refused.values().stream().findFirst();
        if (first.isPresent()) {
            throw GroupRefusals.of(first.get()).exception();
        }
    }

    private static SortedMap<Integer, GroupRefusal> refused(MetadataResult result) {
        if (result instanceof MetadataResult.GroupAnswer answer) {
            return answer.refused();
        } else if (result instanceof MetadataResult.Refused refused) {
            throw MetadataRefusals.of(refused).exception();
        }
        throw new IllegalStateException("no answer to a command about groups: " + result);
    }
}
