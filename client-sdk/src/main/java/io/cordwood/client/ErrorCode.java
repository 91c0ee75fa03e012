package io.cordwood.client;

/**
 * Why a request failed. The codes up to {@link #INVALID_SUBSCRIPTION} are those of the server's API, name
 * by name; the ones after it are decided by this client.
 *
 * <p>Invariant: {@link #retryable()} says whether the same request, sent again a little later, may succeed
 * without anybody changing anything.
 *
 * <p><b>Thread:</b> immutable.
 */
public enum ErrorCode {
    UNKNOWN_TOPIC(false, "list the topics; a topic must be created before it is used"),
    PARTITION_OUT_OF_RANGE(false, "partitions are numbered from 0; describe the topic for their count"),
    TOPIC_EXISTS(false, "choose another name, or delete the topic first"),
    INVALID_NAME(false, "names match [a-zA-Z0-9._-]{1,249} and do not begin with two underscores"),
    INVALID_REPLICATION_FACTOR(false, "choose from 1 to the number of nodes that are alive"),
    INVALID_PARTITION_COUNT(false, "choose a count from 1 to the limit"),
    INVALID_CONFIG(false, "correct the setting named here"),
    INVALID_ARGUMENT(false, "correct the field named here"),
    RECORD_TOO_LARGE(false, "send smaller records, or raise the topic's max.batch.bytes"),
    CORRUPT_BATCH(false, "the bytes changed on their way or on disk; check memory, network and disks"),
    EMPTY_BATCH(false, "a batch needs at least one record"),
    INVALID_BATCH(false, "client and server disagree on the batch format; compare their versions"),
    UNSUPPORTED_COMPRESSION(false, "put the codec's library on the class path, or choose another codec"),
    TIMESTAMP_OUT_OF_RANGE(false, "check the clock that stamps the records"),
    OFFSET_OUT_OF_RANGE(false, "start from earliest, latest or an offset between log start and log end"),
    END_OFFSET_MISMATCH(false, "read up to the end of the log and decide again"),
    OUT_OF_ORDER_SEQUENCE(false, "the log no longer knows this producer's last batches; send the records again"),
    PRODUCER_FENCED(false, "another producer took over this one's id; open a new producer"),
    TOO_MANY_PRODUCERS(false, "share producers: one per process is enough for all topics"),
    NOT_LEADER(true, "the leader has changed; the client follows by itself"),
    NOT_REPLICA(true, "the replicas have moved; the client follows by itself"),
    LEADER_UNKNOWN(true, "an election is under way, or a majority of the replicas is down"),
    REQUEST_TIMED_OUT(true, "the outcome is unknown; see whether a majority of the nodes is up"),
    OVERLOADED(true, "slow down, or raise the limit named here"),
    SHUTTING_DOWN(true, "the node is stopping; another one takes over"),
    NOT_JOINED(true, "the node has not joined its cluster yet; look at its log"),
    METADATA_UNAVAILABLE(true, "see whether a majority of the metadata nodes is up"),
    NODE_EXISTS(false, "node ids are never used twice; choose another one"),
    LIMIT_REACHED(false, "delete what is no longer needed, or raise the limit named here"),
    INTERNAL(false, "a fault of the server; its log says more"),
    UNKNOWN_NODE(false, "describe the cluster for the ids of its nodes"),
    TARGET_NOT_REPLICA(false, "choose one of the partition's replicas; describe the topic for them"),
    REPLICA_NOT_CAUGHT_UP(false, "wait until the replica is up and close behind; describe the topic to see it"),
    TRANSFER_FAILED(false, "the old leader goes on; look at the logs of both nodes and try again"),
    FEATURE_NOT_ENABLED(false, "run the newer program on all nodes"),
    KEY_REQUIRED(false, "the topic is compacted: give every record a key"),
    DISK_SPACE_LOW(true, "make room on the disk named here, or shorten retention; the client goes on by itself"),
    RANGE_DAMAGED(true, "the replica fetches these offsets from another one; where it goes on, look at the node's log"),
    REPLICA_EXISTS(false, "choose a node without a replica of the partition; describe the topic for them"),
    NODE_STATE(false, "describe the cluster for the states of its nodes; a stopped one is dead after a while"),
    CHANGE_UNDER_WAY(false, "wait until the change under way has ended; describe the topic to see it"),
    TOO_FEW_SOUND_REPLICAS(false, "bring back a node that holds a sound replica first"),
    UNKNOWN_GROUP(false, "list the groups; a group is there while it has members or offsets"),
    UNKNOWN_MEMBER(false, "the member was not heard of for its session, or has left; join again as a new one"),
    MEMBER_FENCED(false, "others may have the partitions already; drop what is under way"),
    PARTITION_NOT_OWNED(false, "commit only what is assigned to this member"),
    OFFSET_BEHIND(false, "reset the group's offsets to go back"),
    DUPLICATE_INSTANCE_ID(false, "give each process an instance id of its own"),
    GROUP_ACTIVE(false, "stop the group's members first, or force it"),
    INVALID_SUBSCRIPTION(false, "name topics, or correct the pattern"),

    /** No node could be reached. */
    NODE_UNREACHABLE(true, "see whether the addresses are right and the nodes are up"),
    /** The client, producer or reader was closed before the request was done. */
    CLIENT_CLOSED(false, "close only when everything has been sent and read"),
    /** The waiting thread was interrupted; whether the request was done is unknown. */
    INTERRUPTED(false, "interrupt no thread whose outcome you want to know"),
    /** The addresses lead to another cluster than at first: its offsets and producer ids mean something else. */
    OTHER_CLUSTER(false, "open a new client for the other cluster, or correct the addresses"),
    /** The server answered something that this client cannot read. */
    UNKNOWN(false, "compare the versions of client and server");

    private final boolean retryable;
    private final String hint;

    ErrorCode(boolean retryable, String hint) {
        this.retryable = retryable;
        this.hint = hint;
    }

    public boolean retryable() {
        return retryable;
    }

    /** One sentence on what to do, without a full stop. */
    public String hint() {
        return hint;
    }
}
