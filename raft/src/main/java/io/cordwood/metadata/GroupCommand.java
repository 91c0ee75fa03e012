package io.cordwood.metadata;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A change of consumer groups. Most carry a batch, of many groups in one raft entry; each item holds or is refused for
 * itself, and {@link MetadataResult.GroupAnswer} names the refused ones by their places. Times are of the metadata
 * leader's clock, in milliseconds since 1970. A repeated command changes nothing; of its commits, those that others of
 * the same command overtook are then refused as behind.
 */
public sealed interface GroupCommand extends MetadataCommand {

    @Override
    default int featureLevel() {
        return GROUPS;
    }

    /** Members come in, come back in the place of another, or want other topics. One place per join. */
    record JoinGroups(GroupLimits limits, List<Join> joins) implements GroupCommand {
        public JoinGroups {
            joins = List.copyOf(joins);
        }
    }

    /**
     * A member as it shall be.
     *
     * @param replaces id of the static member of the same instance id that is known to be gone, and whose place this
     *     one takes; empty where there is none
     * @param patternTopics names of topics that match the subscription's pattern, beside those that the group knows of
     */
    record Join(
            String group,
            String memberId,
            String name,
            String instanceId,
            String replaces,
            String rack,
            String clientHost,
            GroupSubscription subscription,
            SortedSet<String> patternTopics,
            GroupSettings settings) {
        public Join {
            patternTopics = Collections.unmodifiableSortedSet(new TreeSet<>(patternTopics));
        }
    }

    /** Members left, or were not heard of for their session. Who is no member need not go. One place per member. */
    record RemoveMembers(long timeMillis, List<MemberRef> members) implements GroupCommand {
        public RemoveMembers {
            members = List.copyOf(members);
        }
    }

    /** A member of a group. */
    record MemberRef(String group, String memberId) {}

    /** Members gave up what they were asked to. One place per release. */
    record ReleasePartitions(List<Release> releases) implements GroupCommand {
        public ReleasePartitions {
            releases = List.copyOf(releases);
        }
    }

    /**
     * What one member gave up.
     *
     * @param epoch the member's, as of the assignment that asked for it; partitions that became its own again
     *     afterwards stay so
     */
    record Release(String group, String memberId, long epoch, List<PartitionId> partitions) {
        public Release {
            partitions = List.copyOf(partitions);
        }
    }

    /** Topics came, went or grew: the partitions of these groups are dealt out anew. One place per refresh. */
    record RefreshGroups(List<Refresh> groups) implements GroupCommand {
        public RefreshGroups {
            groups = List.copyOf(groups);
        }
    }

    /**
     * What the topics are now. Where a pattern matches very many, each of several refreshes says a part of that.
     *
     * @param pattern of members; empty where no pattern matches other topics than before
     * @param added names that it matches beside those that the group knows of
     * @param removed names that it does not match any more
     */
    record Refresh(String group, String pattern, SortedSet<String> added, SortedSet<String> removed) {
        public Refresh {
            added = Collections.unmodifiableSortedSet(new TreeSet<>(added));
            removed = Collections.unmodifiableSortedSet(new TreeSet<>(removed));
        }
    }

    /** Members processed what lies before these offsets. One place per offset, counted through all commits. */
    record CommitOffsets(long timeMillis, GroupLimits limits, List<Commit> commits) implements GroupCommand {
        public CommitOffsets {
            commits = List.copyOf(commits);
        }
    }

    /**
     * What one member commits.
     *
     * @param epoch the member's, as of the assignment that it processed under
     */
    record Commit(String group, String memberId, long epoch, List<PartitionOffset> offsets) {
        public Commit {
            offsets = List.copyOf(offsets);
        }
    }

    /** See {@link CommittedOffset}. */
    record PartitionOffset(PartitionId partition, long offset, int leaderEpoch, String metadata) {
        CommittedOffset at(long timeMillis) {
            return new CommittedOffset(offset, leaderEpoch, metadata, timeMillis);
        }
    }

    /**
     * An operator sets offsets, all of them or none. One place per offset; what concerns the group has place 0.
     *
     * @param force also of a group with members: what they process now is fenced, they go on at the new offsets
     * @param create also of a group that there is not yet
     */
    record ResetOffsets(
            long timeMillis,
            GroupLimits limits,
            String group,
            List<PartitionOffset> offsets,
            boolean force,
            boolean create)
            implements GroupCommand {
        public ResetOffsets {
            offsets = List.copyOf(offsets);
        }
    }

    /** An operator deletes offsets of partitions that no member has. One place per partition. */
    record DeleteOffsets(String group, List<PartitionId> partitions) implements GroupCommand {
        public DeleteOffsets {
            partitions = List.copyOf(partitions);
        }
    }

    /** Deletes a group without members; done when there is none. */
    record DeleteGroup(String group) implements GroupCommand {}

    /**
     * Deletes groups that have been without members for long, by the leader's clock.
     *
     * @param emptyUntilMillis those that were empty already then; others are left as they are
     */
    record ExpireGroups(long emptyUntilMillis, List<String> groups) implements GroupCommand {
        public ExpireGroups {
            groups = List.copyOf(groups);
        }
    }
}
