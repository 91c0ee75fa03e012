package io.cordwood.metadata;

import io.cordwood.metadata.MetadataCommand.AddPartitions;
import io.cordwood.metadata.MetadataCommand.AlterTopicConfig;
import io.cordwood.metadata.MetadataCommand.SetPreferredLeader;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** What becomes of a topic that is there when a command changes it. Pure functions. */
final class TopicChanges {
    private TopicChanges() {}

    /** The changed topic, or the rule that the command breaks. */
    sealed interface Outcome {
        /** As it is from now on; a repeated command leaves it as it was. */
        record Changed(TopicInfo topic) implements Outcome {}

        /** Nothing changes. */
        record Broken(Refused refused) implements Outcome {}
    }

    static Outcome alter(AlterTopicConfig alter, MetadataImage image) {
        return change(alter.topicId(), image, topic -> {
            var altered = topic.withConfig(alter.appliedTo(topic.config()));
            return checkKeys(alter)
                    .or(() -> TopicConfig.check(alter.set(), TopicRules.batchBytesLimit(image)))
                    // What a node's limit became since does not keep other settings from being changed.
                    .or(() -> TopicConfig.check(altered.config(), Integer.MAX_VALUE))
                    .<Outcome>map(Outcome.Broken::new)
                    .orElseGet(() -> new Outcome.Changed(altered));
        });
    }

    private static Optional<Refused> checkKeys(AlterTopicConfig alter) {
        for (String key : alter.reset()) {
            if (!TopicConfig.KEYS.contains(key)) {
                return refused(Reason.INVALID_CONFIG, "config", key, "one of " + TopicConfig.KEYS);
            }
            if (alter.set().containsKey(key)) {
                return refused(Reason.INVALID_CONFIG, key, "set and reset", "one of both");
            }
        }
        return Optional.empty();
    }

    static Outcome addPartitions(AddPartitions add, MetadataImage image) {
        return change(add.topicId(), image, topic -> {
            if (hasGroups(topic, add)) {
                return new Outcome.Changed(topic);
            }
            int factor = topic.replicationFactor();
            var refused = checkCount(topic, add)
                    .or(() -> TopicRules.checkGroups(add.raftGroupIds(), topic.name(), image))
                    .or(() -> TopicRules.checkReplicationFactor(factor, image));
            if (refused.isPresent()) {
                return new Outcome.Broken(refused.get());
            }
            return Placement.of(image, add.raftGroupIds().size(), factor, add.avoid())
                    .<Outcome>map(placed -> new Outcome.Changed(extended(topic, add, placed)))
                    .orElseGet(() -> new Outcome.Broken(
                            TopicRules.noRoom(add.raftGroupIds().size() * factor, image)));
        });
    }

    private static boolean hasGroups(TopicInfo topic, AddPartitions add) {
        return 0 <= add.from()
                && add.total() <= topic.partitions().size()
                && !add.raftGroupIds().isEmpty()
                && topic.partitions().subList(add.from(), add.total()).stream()
                        .map(PartitionInfo::raftGroupId)
                        .toList()
                        .equals(add.raftGroupIds());
    }

    private static Optional<Refused> checkCount(TopicInfo topic, AddPartitions add) {
        int now = topic.partitions().size();
        boolean upwards = now < add.total() && add.total() <= TopicRules.MAX_PARTITIONS_PER_TOPIC;
        if (!upwards || add.from() != now) {
            return refused(
                    Reason.INVALID_PARTITION_COUNT,
                    "partition_count",
                    Integer.toString(add.total()),
                    "more than " + now + ", the present count, and at most " + TopicRules.MAX_PARTITIONS_PER_TOPIC);
        }
        return Optional.empty();
    }

    private static TopicInfo extended(TopicInfo topic, AddPartitions add, List<List<Integer>> placed) {
        var partitions = new ArrayList<>(topic.partitions());
        for (int i = 0; i < placed.size(); i++) {
            var group = add.raftGroupIds().get(i);
            partitions.add(PartitionInfo.created(add.from() + i, group, placed.get(i)));
        }
        return topic.withPartitions(partitions);
    }

    static Outcome prefer(SetPreferredLeader prefer, MetadataImage image) {
        return change(prefer.topicId(), image, topic -> {
            var partition = topic.partition(prefer.partition());
            if (partition.isEmpty()) {
                return broken(
                        Reason.PARTITION_OUT_OF_RANGE,
                        "partition",
                        Integer.toString(prefer.partition()),
                        "from 0 to " + (topic.partitions().size() - 1));
            }
            if (!partition.get().replicas().contains(prefer.nodeId())) {
                return broken(
                        Reason.TARGET_NOT_REPLICA,
                        "node_id",
                        Integer.toString(prefer.nodeId()),
                        "one of " + partition.get().replicas());
            }
            var partitions = new ArrayList<>(topic.partitions());
            partitions.set(prefer.partition(), partition.get().withPreferredLeader(prefer.nodeId()));
            return new Outcome.Changed(topic.withPartitions(partitions));
        });
    }

    static Outcome change(UUID topicId, MetadataImage image, Function<TopicInfo, Outcome> change) {
        return image.topic(topicId)
                .map(change)
                .orElseGet(() -> broken(Reason.UNKNOWN_TOPIC, "topic", topicId.toString(), "the id of a topic"));
    }

    static Outcome broken(Reason reason, String field, String value, String limit) {
        return new Outcome.Broken(new Refused(reason, field, value, limit));
    }

    private static Optional<Refused> refused(Reason reason, String field, String value, String limit) {
        return Optional.of(new Refused(reason, field, value, limit));
    }
}
