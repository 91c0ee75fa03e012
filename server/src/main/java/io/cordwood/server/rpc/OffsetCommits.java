package io.cordwood.server.rpc;

import io.cordwood.coordinator.CommitRequest;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.v1.OffsetCommit;
import io.cordwood.proto.v1.OffsetCommitResult;
import io.cordwood.server.cluster.GroupRefusals;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.group.CommitEnds;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Offsets to commit, as a client sent them, and what became of each.
 *
 * <p>Invariant: each offset has one result, in the order of the request; what names no partition that there
 * is never reaches the coordinator.
 *
 * <p><b>Thread:</b> any; immutable.
 *
 * @param arrivedNanos by {@link System#nanoTime}
 * @param accepted those that go on to the coordinator
 * @param places of the accepted ones in the request
 * @param refused at once, by their places in the request
 */
record OffsetCommits(
        long arrivedNanos,
        List<OffsetCommit> all,
        List<CommitEnds.Commit> accepted,
        List<Integer> places,
        SortedMap<Integer, Refusal> refused) {

    /** @throws RefusedException where there are too many to look at */
    static OffsetCommits of(List<OffsetCommit> all, MetadataImage image) {
        RepeatedFields.requireFew("offsets", all.size());
        var accepted = new ArrayList<CommitEnds.Commit>();
        var places = new ArrayList<Integer>();
        var refused = new TreeMap<Integer, Refusal>();
        for (int place = 0; place < all.size(); place++) {
            try {
                accepted.add(commit(all.get(place), image));
                places.add(place);
            } catch (RefusedException e) {
                refused.put(place, e.refusal());
            }
        }
        return new OffsetCommits(System.nanoTime(), List.copyOf(all), accepted, places, refused);
    }

    private static CommitEnds.Commit commit(OffsetCommit offset, MetadataImage image) {
        var name = new TopicPartition(offset.getTopic(), offset.getPartition());
        Partitions.check(image, name).ifPresent(missing -> {
            throw missing.exception();
        });
        var topic = image.topic(offset.getTopic()).orElseThrow();
        if (offset.hasTopicId() && !GroupMessages.topicId(offset.getTopicId()).equals(topic.topicId())) {
            throw Refusal.field(
                            Reason.UNKNOWN_TOPIC,
                            "topic_id",
                            offset.getTopicId(),
                            topic.topicId() + ": the topic was deleted and created anew")
                    .with(Refusal.TOPIC, topic.name())
                    .exception();
        }
        int leaderEpoch = offset.hasLeaderEpoch() ? offset.getLeaderEpoch() : GroupMessages.NO_LEADER_EPOCH;
        if (leaderEpoch < GroupMessages.NO_LEADER_EPOCH) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "leader_epoch", leaderEpoch, "0 or more, or absent")
                    .exception();
        }
        var id = new PartitionId(topic.topicId(), offset.getPartition());
        return new CommitEnds.Commit(
                name, new PartitionOffset(id, offset.getOffset(), leaderEpoch, offset.getMetadata()));
    }

    CommitRequest request(long requestId, long epoch, SortedMap<PartitionId, Long> ends) {
        var offsets = accepted.stream().map(CommitEnds.Commit::offset).toList();
        return new CommitRequest(requestId, epoch, offsets, ends);
    }

    /**
     * The answer, which is counted.
     *
     * @param refusedOfTheRest by their places in the {@link #request}
     */
    List<OffsetCommitResult> results(SortedMap<Integer, GroupRefusal> refusedOfTheRest, ServerMeters meters) {
        var refusals = new TreeMap<>(refused);
        refusedOfTheRest.forEach((place, refusal) -> refusals.put(places.get(place), GroupRefusals.of(refusal)));
        meters.commits().record(System.nanoTime() - arrivedNanos, TimeUnit.NANOSECONDS);
        meters.committed(all.size() - refusals.size());
        refusals.values().forEach(refusal -> meters.refused(ServerMeters.Refused.OFFSET, refusal.reason()));
        return results(refusals);
    }

    private List<OffsetCommitResult> results(Map<Integer, Refusal> refusals) {
        var results = new ArrayList<OffsetCommitResult>();
        for (int place = 0; place < all.size(); place++) {
            var offset = all.get(place);
            var result =
                    OffsetCommitResult.newBuilder().setTopic(offset.getTopic()).setPartition(offset.getPartition());
            Optional.ofNullable(refusals.get(place))
                    .map(refusal -> refusal.with(Refusal.TOPIC, offset.getTopic()))
                    .ifPresent(refusal -> result.setError(Errors.status(refusal)));
            results.add(result.build());
        }
        return results;
    }
}
