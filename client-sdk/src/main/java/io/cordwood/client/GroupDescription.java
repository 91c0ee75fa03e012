package io.cordwood.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A consumer group: who is in it, who has which partition, and how far it has come.
 *
 * @param epoch rises whenever partitions are dealt out anew
 * @param members in the order in which they joined
 * @param partitions that somebody has or shall have, or that have a committed offset, in order
 * @param emptySince when the last member went; empty while there are members
 */
public record GroupDescription(
        String name,
        State state,
        long epoch,
        GroupAssignor assignor,
        Duration sessionTimeout,
        OutOfRange outOfRange,
        List<Member> members,
        List<Partition> partitions,
        Optional<Instant> emptySince) {

    /** What becomes of its partitions. */
    public enum State {
        /** It has no members; its offsets are kept for a while. */
        EMPTY,
        /** Each partition has the owner that it shall have. */
        STABLE,
        /** Partitions are about to be given up for others. */
        SETTLING
    }

    public GroupDescription {
        members = List.copyOf(members);
        partitions = List.copyOf(partitions);
    }

    /**
     * Somebody who shares the partitions.
     *
     * @param name what the application calls itself
     * @param instanceId of a static member; empty of others
     * @param rack empty where that is not known
     * @param topics that it wants
     * @param pattern that names of topics match that it wants; empty where it has none
     * @param epoch of its newest assignment
     * @param partitionCount partitions that it has, with those that it shall give up
     */
    public record Member(
            String memberId,
            String name,
            String instanceId,
            String rack,
            String clientHost,
            List<String> topics,
            String pattern,
            long epoch,
            int partitionCount) {
        public Member {
            topics = List.copyOf(topics);
        }
    }

    /**
     * A partition of its topics.
     *
     * @param owner id of the member that has it; empty where nobody may process it
     * @param revoked the owner was asked to give it up, and has not yet
     * @param target id of the member that shall have it; empty where nobody wants it
     * @param offset of the next record to process; empty where nothing is committed
     * @param metadata text beside it
     */
    public record Partition(
            TopicPartition partition,
            String owner,
            boolean revoked,
            String target,
            OptionalLong offset,
            String metadata,
            Optional<Instant> commitTime) {}
}
