package io.cordwood.client;

import java.util.OptionalInt;

/**
 * What is to be explained: a consumer group, or a part of its work; a topic, or one of its partitions; a
 * node.
 *
 * <p><b>Thread:</b> immutable.
 */
public sealed interface Explained {
    static Explained group(String group) {
        return new OfGroup(group, "", OptionalInt.empty());
    }

    /** A group's work in one topic. */
    static Explained group(String group, String topic) {
        return new OfGroup(group, Names.requireTopic(topic), OptionalInt.empty());
    }

    /** A group's work in one partition. */
    static Explained group(String group, TopicPartition partition) {
        return new OfGroup(group, Names.requireTopic(partition.topic()), OptionalInt.of(partition.partition()));
    }

    static Explained topic(String topic) {
        return new OfTopic(topic, OptionalInt.empty());
    }

    static Explained partition(TopicPartition partition) {
        return new OfTopic(partition.topic(), OptionalInt.of(partition.partition()));
    }

    static Explained node(int nodeId) {
        return new OfNode(nodeId);
    }

    /**
     * @param topic empty for all of the group
     * @param partition empty for all of the topic
     */
    record OfGroup(String group, String topic, OptionalInt partition) implements Explained {
        public OfGroup {
            Names.requireGroup(group);
            if (topic.isEmpty() && partition.isPresent()) {
                throw CordwoodException.invalid(
                        ErrorCode.INVALID_ARGUMENT, "partition", partition.getAsInt(), "one of a topic that is named");
            }
        }
    }

    /** @param partition empty for all */
    record OfTopic(String topic, OptionalInt partition) implements Explained {
        public OfTopic {
            Names.requireTopic(topic);
        }
    }

    record OfNode(int nodeId) implements Explained {}
}
