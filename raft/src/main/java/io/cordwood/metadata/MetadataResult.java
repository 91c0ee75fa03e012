package io.cordwood.metadata;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** What became of a command. */
public sealed interface MetadataResult {

    /**
     * It holds, now or already before (a repeated command).
     *
     * @param index the image at this raft index, and each later one, shows it
     */
    record Done(long index) implements MetadataResult {}

    /** Producer ids {@code [start, end)} that nobody else gets. */
    record ProducerIdBlock(long index, long start, long end) implements MetadataResult {}

    /**
     * The items of a {@link GroupCommand} hold, except those that were refused.
     *
     * @param refused by their places in the command
     */
    record GroupAnswer(long index, SortedMap<Integer, GroupRefusal> refused) implements MetadataResult {
        public GroupAnswer {
            refused = Collections.unmodifiableSortedMap(new TreeMap<>(refused));
        }
    }

    /**
     * It broke a rule and changed nothing.
     *
     * @param field what was wrong
     * @param value as found
     * @param limit what the rule asks for
     */
    record Refused(Reason reason, String field, String value, String limit) implements MetadataResult {

        /** One sentence for people. */
        public String message() {
            return reason.text + ": " + field + " is '" + value + "', must be " + limit;
        }
    }

    /** Why a command was refused. */
    enum Reason {
        NOT_FORMED("the cluster is not formed yet"),
        ALREADY_FORMED("the cluster is formed already"),
        UNKNOWN_NODE("no such node"),
        NODE_EXISTS("a node with this id or address is known already"),
        INCARNATION_MISMATCH("the node id belongs to another data directory"),
        NODE_ADDRESS_CHANGED("a node keeps its address for life"),
        FEATURE_LEVEL_UNSUPPORTED("a node cannot run at this feature level"),
        FEATURE_NOT_ENABLED("not all nodes can take part in this yet"),
        UNKNOWN_TOPIC("no such topic"),
        PARTITION_OUT_OF_RANGE("the topic has no such partition"),
        TARGET_NOT_REPLICA("the node holds no replica of the partition"),
        REPLICA_EXISTS("the node holds a replica of the partition already"),
        NODE_NOT_ALIVE("the node is not alive"),
        NODE_ALIVE("the node is not known to be dead"),
        CHANGE_UNDER_WAY("replicas of the partition are being changed"),
        TOO_FEW_SOUND_REPLICAS("less than a majority of the replicas would be sound"),
        TOPIC_EXISTS("a topic with this name exists"),
        INVALID_NAME("the name breaks the rule"),
        INVALID_REPLICATION_FACTOR("the replication factor is out of range"),
        INVALID_PARTITION_COUNT("the partition count is out of range"),
        INVALID_CONFIG("a topic setting is unknown or its value is not allowed"),
        INVALID_ARGUMENT("the request is malformed"),
        LIMIT_REACHED("a limit is reached");

        private final String text;

        Reason(String text) {
            this.text = text;
        }
    }
}
