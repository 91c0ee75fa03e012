package io.cordwood.metrics;

import static io.cordwood.metrics.MetricType.COUNTER;
import static io.cordwood.metrics.MetricType.GAUGE;
import static io.cordwood.metrics.MetricType.HISTOGRAM;

import java.util.List;

/**
 * Every metric of a node. {@link NodeMeters} makes the meters from here, and {@code docs/metrics.md} is
 * written from here.
 *
 * <p>Invariant: labels have few values, or {@link MeterLimits} bounds them: a topic, a partition, a consumer
 * group. Nothing else that a client chooses freely is a label.
 *
 * <p><b>Thread:</b> immutable.
 */
public enum Metric {
    TOPIC_IN_RECORDS(
            "cordwood.topic.in.records",
            COUNTER,
            Unit.NONE,
            "Records that were appended through this node, by the call that brought them: publish or"
                    + " produce. A producer's repetition is not counted again.",
            "topic",
            "call"),
    TOPIC_IN_BYTES(
            "cordwood.topic.in.bytes",
            COUNTER,
            Unit.BYTES,
            "Bytes of the batches that were appended through this node, as they are stored.",
            "topic",
            "call"),
    TOPIC_OUT_RECORDS(
            "cordwood.topic.out.records",
            COUNTER,
            Unit.NONE,
            "Records that left this node: subscribe and fetch for clients, catch_up for replicas of other"
                    + " nodes; of compacted files, which go as a whole, the bytes alone are counted.",
            "topic",
            "call"),
    TOPIC_OUT_BYTES(
            "cordwood.topic.out.bytes",
            COUNTER,
            Unit.BYTES,
            "Bytes of the batches that left this node; one whose records go in parts counts with its last part.",
            "topic",
            "call"),
    PUBLISH_LATENCY(
            "cordwood.publish.latency",
            HISTOGRAM,
            Unit.SECONDS,
            "Time from the arrival of a batch to its answer, of batches that were appended.",
            "call"),
    PUBLISH_DUPLICATES(
            "cordwood.publish.duplicates",
            COUNTER,
            Unit.NONE,
            "Batches that a producer sent again and that were in the log already."),
    FETCH_LATENCY(
            "cordwood.fetch.latency",
            HISTOGRAM,
            Unit.SECONDS,
            "Time to read one chunk of the log and hand it to the transport, without the wait for records.",
            "call"),
    REFUSALS(
            "cordwood.refusals",
            COUNTER,
            Unit.NONE,
            "What was refused: a batch, a unary call or one that was not let in, a partition of a subscription, an"
                    + " offset of a commit; or ended on a fault of the node, which is the reason internal.",
            "of",
            "reason"),
    IN_FLIGHT_BYTES("cordwood.inflight.bytes", GAUGE, Unit.BYTES, "Published bytes of the node without an answer."),
    IN_FLIGHT_LIMIT(
            "cordwood.inflight.limit.bytes",
            GAUGE,
            Unit.BYTES,
            "Published bytes without an answer from where on no more is taken: node.in-flight-max-bytes."),
    CONNECTIONS("cordwood.client.connections", GAUGE, Unit.NONE, "gRPC connections of clients, of all listeners."),
    STREAMS("cordwood.client.streams", GAUGE, Unit.NONE, "Open Publish, Subscribe and JoinGroup calls."),
    CALLS("cordwood.client.calls", GAUGE, Unit.NONE, "Open calls of all kinds."),
    CALLS_LIMIT(
            "cordwood.client.calls.limit",
            GAUGE,
            Unit.NONE,
            "Open calls from where on no more is let in: node.max-calls."),
    QUEUE_TASKS(
            "cordwood.queue.tasks",
            GAUGE,
            Unit.NONE,
            "Tasks that wait for a thread of a pool: validation checks batches, reader reads for clients,"
                    + " segment_writer writes and forces segments.",
            "pool"),
    GRPC_CALLS(
            "cordwood.grpc.calls",
            COUNTER,
            Unit.NONE,
            "Calls that ended, by their gRPC status; streams too, and what came over HTTP.",
            "method",
            "code"),
    GRPC_DURATION(
            "cordwood.grpc.call.duration",
            HISTOGRAM,
            Unit.SECONDS,
            "Time of unary calls, from the headers to the status.",
            "method"),
    NODE_READY("cordwood.node.ready", GAUGE, Unit.NONE, "1 while the node can serve; where it is 0, /readyz says why."),
    NODE_LEADERS("cordwood.node.leaders", GAUGE, Unit.NONE, "Partitions that this node leads."),
    NODE_REPLICAS_OPEN("cordwood.node.replicas.open", GAUGE, Unit.NONE, "Replicas that take part."),
    NODE_REPLICAS_EXPECTED(
            "cordwood.node.replicas.expected", GAUGE, Unit.NONE, "Replicas that the metadata gives to this node."),
    NODE_REPLICAS_SET_ASIDE(
            "cordwood.node.replicas.set.aside",
            GAUGE,
            Unit.NONE,
            "Expected replicas that failed the check at a start: their files are in quarantine."),
    NODE_REPLICAS_LOST(
            "cordwood.node.replicas.lost",
            GAUGE,
            Unit.NONE,
            "Expected replicas that this node has lost; the cluster ends their membership, and they are rebuilt then."),
    NODE_REPLICAS_JOINING(
            "cordwood.node.replicas.joining",
            GAUGE,
            Unit.NONE,
            "Expected replicas that are being built, for the first time here or once more."),
    NODE_PARTITIONS_LEADERLESS(
            "cordwood.node.partitions.leaderless", GAUGE, Unit.NONE, "Replicas of this node that know of no leader."),
    NODE_PARTITIONS_UNDER_REPLICATED(
            "cordwood.node.partitions.under.replicated",
            GAUGE,
            Unit.NONE,
            "Partitions led here of which a copy is lost or being built, or a member lacks more than 64 entries or"
                    + " has not answered for 10 s."),
    NODE_PARTITIONS_LEFT_OUT(
            "cordwood.node.partitions.left.out",
            GAUGE,
            Unit.NONE,
            "Replicas without series of their own, beyond metrics.max-partitions."),
    METADATA_LEADER("cordwood.metadata.leader", GAUGE, Unit.NONE, "1 where this node leads the metadata."),
    METADATA_LEADER_KNOWN(
            "cordwood.metadata.leader.known", GAUGE, Unit.NONE, "1 where this node knows who leads the metadata."),
    CLUSTER_NODES(
            "cordwood.cluster.nodes",
            GAUGE,
            Unit.NONE,
            "Nodes of the cluster as this one sees them: alive, draining, dead, expected and never seen, or replaced and"
                    + " not back.",
            "state"),
    CLUSTER_DEAD_REPLICAS(
            "cordwood.cluster.dead.replicas",
            GAUGE,
            Unit.NONE,
            "Replicas on dead nodes as this one sees them: moving to another node, waiting for their node or their"
                    + " turn, or staying there because no other node can take them (no_taker) or less than a majority"
                    + " of their partitions' replicas is sound (no_majority).",
            "state"),
    GROUPS(
            "cordwood.groups",
            GAUGE,
            Unit.NONE,
            "Consumer groups as this node sees them: active ones have members, empty ones offsets only.",
            "state"),
    GROUP_MEMBERS(
            "cordwood.group.members",
            GAUGE,
            Unit.NONE,
            "Members of all groups that are alive, or have some of their session left; 0 where this node does not lead"
                    + " the metadata."),
    GROUP_COMMITS(
            "cordwood.group.offsets.committed",
            COUNTER,
            Unit.NONE,
            "Offsets that this node wrote for members, as the metadata leader."),
    GROUP_COMMIT_LATENCY(
            "cordwood.group.commit.latency",
            HISTOGRAM,
            Unit.SECONDS,
            "Time from the arrival of a commit at the metadata leader to its answer, refused or not."),
    GROUP_LAG(
            "cordwood.group.lag.records",
            GAUGE,
            Unit.NONE,
            "Offsets from a group's committed one to the end of a partition led here; fewer records where"
                    + " compaction removed some. Partitions without a committed offset have none.",
            "group",
            "topic",
            "partition"),
    GROUP_LAG_LEFT_OUT(
            "cordwood.group.lag.left.out",
            GAUGE,
            Unit.NONE,
            "Committed offsets in partitions led here without series of their own, beyond"
                    + " metrics.max-group-partitions."),
    RAFT_ELECTIONS(
            "cordwood.raft.elections",
            COUNTER,
            Unit.NONE,
            "Elections that replicas of this node stood for and that ended, won or lost, the metadata's included."),
    RAFT_LEADER_CHANGES(
            "cordwood.raft.leader.changes", COUNTER, Unit.NONE, "New leaders that replicas of this node heard of."),
    RAFT_STEP_DOWNS(
            "cordwood.raft.step.downs", COUNTER, Unit.NONE, "Times that a replica of this node ceased to lead."),
    RAFT_ENTRIES(
            "cordwood.raft.entries",
            COUNTER,
            Unit.NONE,
            "Entries that came into the raft logs of partitions: batches that arrive together share one.",
            "role"),
    RAFT_LOG_FORCE(
            "cordwood.raft.log.force", HISTOGRAM, Unit.SECONDS, "Time to force a raft log, which holds no payload."),
    FOLLOWER_LAG_ENTRIES(
            "cordwood.raft.follower.lag.entries",
            GAUGE,
            Unit.NONE,
            "Entries that a node has not confirmed, in the partition led here where it lacks most; all there are"
                    + " while it has not answered this leader yet.",
            "follower"),
    FOLLOWER_LAG_BYTES(
            "cordwood.raft.follower.lag.bytes",
            GAUGE,
            Unit.BYTES,
            "Payload that a node has not confirmed, in the partition led here where it lacks most; too high by"
                    + " at most 256 KiB and a fifteenth, and without what was appended before the newest start.",
            "follower"),
    PARTITION_LEADER(
            "cordwood.partition.leader",
            GAUGE,
            Unit.NONE,
            "1 where this node leads the partition.",
            "topic",
            "partition"),
    PARTITION_TERM("cordwood.partition.term", GAUGE, Unit.NONE, "The Raft term.", "topic", "partition"),
    PARTITION_APPLY_GAP(
            "cordwood.partition.apply.gap",
            GAUGE,
            Unit.NONE,
            "Entries that are committed and not applied here.",
            "topic",
            "partition"),
    PARTITION_LAG_ENTRIES(
            "cordwood.partition.lag.entries",
            GAUGE,
            Unit.NONE,
            "Entries that the follower furthest behind has not confirmed; 0 where this node does not lead.",
            "topic",
            "partition"),
    PARTITION_LAG_BYTES(
            "cordwood.partition.lag.bytes",
            GAUGE,
            Unit.BYTES,
            "Payload that the follower furthest behind has not confirmed, as cordwood.raft.follower.lag.bytes.",
            "topic",
            "partition"),
    PARTITION_LOG_BYTES(
            "cordwood.partition.log.bytes",
            GAUGE,
            Unit.BYTES,
            "Size of the segment files of this replica.",
            "topic",
            "partition"),
    APPENDER_QUEUE_BYTES(
            "cordwood.appender.queue.bytes",
            GAUGE,
            Unit.BYTES,
            "Bytes of batches that wait for a place in the log, of all partitions; appender.queue-max-bytes"
                    + " bounds each."),
    APPENDER_QUEUE_BATCHES(
            "cordwood.appender.queue.batches",
            GAUGE,
            Unit.NONE,
            "Batches that wait for a place in the log, of all partitions."),
    STORE_LOG_BYTES("cordwood.store.log.bytes", GAUGE, Unit.BYTES, "Size of the segment files of the node."),
    STORE_SEGMENTS("cordwood.store.segments", GAUGE, Unit.NONE, "Segment files that the node has."),
    STORE_FORCE("cordwood.store.force", HISTOGRAM, Unit.SECONDS, "Time to force the segments of a partition."),
    STORE_WRITTEN(
            "cordwood.store.written.bytes",
            COUNTER,
            Unit.BYTES,
            "Payload that was written to segments; what a catch-up or compaction writes is not in it."),
    STORE_INDEX_REBUILDS(
            "cordwood.store.index.rebuilds",
            COUNTER,
            Unit.NONE,
            "Times that entries of a partition's offset index were missing at a start and are made again."),
    STORE_INDEX_FAILED(
            "cordwood.store.index.failed",
            GAUGE,
            Unit.NONE,
            "1 since the offset index failed: reads take longer until the next start."),
    CHECKPOINT_DURATION(
            "cordwood.checkpoint.duration", HISTOGRAM, Unit.SECONDS, "Time to take a checkpoint of a partition."),
    CHECKPOINT_FAILURES(
            "cordwood.checkpoint.failures",
            COUNTER,
            Unit.NONE,
            "Checkpoints that could not be written; each is tried again."),
    RETENTION_TRIMS(
            "cordwood.retention.trims",
            COUNTER,
            Unit.NONE,
            "Times that retention moved the log start of a partition led here."),
    COMPACTION_PASSES(
            "cordwood.compaction.passes", COUNTER, Unit.NONE, "Passes of compaction whose files are in place here."),
    COMPACTION_BYTES("cordwood.compaction.bytes", COUNTER, Unit.BYTES, "What compaction read or fetched."),
    COMPACTION_ERRORS(
            "cordwood.compaction.errors",
            COUNTER,
            Unit.NONE,
            "Passes, or fetches of files of one, that failed; each is tried again."),
    COMPACTION_FAILING(
            "cordwood.compaction.failing",
            GAUGE,
            Unit.NONE,
            "Replicas whose newest pass, or fetch of files of one, failed, and that wait to try again."),
    SCRUB_BYTES(
            "cordwood.scrub.bytes",
            COUNTER,
            Unit.BYTES,
            "What the background check of segment files read; what repairs fetched is not in it."),
    SCRUB_PASS_AGE(
            "cordwood.scrub.pass.age",
            GAUGE,
            Unit.SECONDS,
            "Time since the newest complete pass of the background check began; since the node's start before there is one."),
    SCRUB_FINDINGS(
            "cordwood.scrub.findings",
            COUNTER,
            Unit.NONE,
            "Segment files that the background check found damaged, or other than those of most replicas."),
    SCRUB_REPAIRS(
            "cordwood.scrub.repairs",
            COUNTER,
            Unit.NONE,
            "Segment files whose place was taken by the sound ones of another replica."),
    SCRUB_UNREPAIRED(
            "cordwood.scrub.unrepaired",
            GAUGE,
            Unit.NONE,
            "Segment files that are damaged now, or of which nobody can tell which replica has the right one."),
    CATCH_UP_RUNNING("cordwood.catchup.running", GAUGE, Unit.NONE, "Replicas that catch up now."),
    CATCH_UP_NOTIFICATIONS(
            "cordwood.catchup.notifications",
            COUNTER,
            Unit.NONE,
            "Times that a leader told a replica of this node to catch up; it repeats that until it is done."),
    CATCH_UP_INSTALLATIONS("cordwood.catchup.installations", COUNTER, Unit.NONE, "Catch-ups that came to their end."),
    CATCH_UP_FAILURES(
            "cordwood.catchup.failures", COUNTER, Unit.NONE, "Catch-ups that ended early; each is tried again."),
    CATCH_UP_FETCHED("cordwood.catchup.fetched.bytes", COUNTER, Unit.BYTES, "What catch-ups fetched from other nodes."),
    CATCH_UP_COMPARED(
            "cordwood.catchup.compared.records",
            COUNTER,
            Unit.NONE,
            "Records that a catch-up found here as the other node has them."),
    DISK_FREE(
            "cordwood.disk.free.bytes",
            GAUGE,
            Unit.BYTES,
            "What this process may still write where a directory lies: data or raft.",
            "directory"),
    DISK_TOTAL(
            "cordwood.disk.total.bytes",
            GAUGE,
            Unit.BYTES,
            "Size of the file system where a directory lies: data or raft.",
            "directory"),
    DISK_FLOOR(
            "cordwood.disk.floor.bytes",
            GAUGE,
            Unit.BYTES,
            "What shall be left where a directory lies: disk.floor-bytes, or disk.floor-percent where that is more.",
            "directory"),
    DISK_LEVEL(
            "cordwood.disk.level",
            GAUGE,
            Unit.NONE,
            "0 where there is room; 1 below the floor: no batches of clients are taken; 2 below half of it: none of leaders either.",
            "directory"),
    DISK_REFUSING(
            "cordwood.disk.refusing.partitions",
            GAUGE,
            Unit.NONE,
            "Partitions led here that take no batches because disks are full: this node's, or those of too many of their replicas.");

    @SuppressWarnings("ImmutableEnumChecker") // a record of values, which Error Prone does not see
    private final MetricDescription description;

    /** The base units; a constant of the enum cannot be declared before its use. */
    private static final class Unit {
        private static final String NONE = "";
        private static final String BYTES = "bytes";
        private static final String SECONDS = "seconds";
    }

    Metric(String name, MetricType type, String unit, String meaning, String... labels) {
        description = new MetricDescription(name, type, unit, List.of(labels), meaning);
    }

    public MetricDescription description() {
        return description;
    }
}
