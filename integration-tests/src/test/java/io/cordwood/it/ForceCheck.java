package io.cordwood.it;

import io.cordwood.it.ForceLog.Force;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides whether acknowledgements waited for the disks: between the sending of a record and its acknowledgement a
 * majority of the nodes must have forced the partition's segment file, and after that the log of its Raft group.
 *
 * <p>All processes read one machine's clocks; a recording places its events by another counter than the one the client
 * reads, hence {@link #CLOCK_SLACK}. Records of one partition must be sent further apart than that.
 *
 * <p><b>Thread:</b> immutable.
 */
record ForceCheck(List<Replica> replicas) {
    static final Duration CLOCK_SLACK = Duration.ofMillis(5);

    /** Forces of a node, and where it keeps one partition's files. */
    record Replica(int node, ForceLog log, Path partitionDirectory, Path raftDirectory) {
        boolean forcedBetween(Instant sent, Instant acknowledged) {
            var start = sent.minus(CLOCK_SLACK);
            var limit = acknowledged.plus(CLOCK_SLACK);
            var segment = log.forces().stream()
                    .filter(force -> force.ofSegment() && force.below(partitionDirectory))
                    .filter(force -> force.within(start, limit))
                    .findFirst();
            return segment.isPresent()
                    && log.forces().stream()
                            .filter(force -> force.ofRaftLog() && force.below(raftDirectory))
                            .anyMatch(force -> force.within(segment.get().end(), limit));
        }
    }

    /** An acknowledged record of this partition, by the client's clock. */
    record Publish(int partition, long offset, Instant sent, Instant acknowledged) {}

    /** The publishes whose acknowledgement left too early. */
    List<String> violations(List<Publish> publishes) {
        var violations = new ArrayList<String>();
        for (var publish : publishes) {
            var forced = replicas.stream()
                    .filter(replica -> replica.forcedBetween(publish.sent(), publish.acknowledged()))
                    .map(Replica::node)
                    .toList();
            if (forced.size() <= replicas.size() / 2) {
                violations.add(publish + " was forced on the nodes " + forced + " only");
            }
        }
        return violations;
    }

    /** Whether any force of this kind was recorded on every node. */
    boolean everyNodeForced(java.util.function.Predicate<Force> kind) {
        return replicas.stream()
                .allMatch(replica -> replica.log().forces().stream().anyMatch(kind));
    }
}
