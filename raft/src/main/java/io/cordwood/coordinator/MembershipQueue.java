package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.JoinGroups;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.Release;
import io.cordwood.metadata.GroupCommand.ReleasePartitions;
import io.cordwood.metadata.GroupCommand.RemoveMembers;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Members that come, go and give partitions up, on their way into the log. Each kind has one raft entry under way at
 * most, and gathers for a moment after it: a storm of joins is a few entries, each dealt out once.
 *
 * <p>Invariants: no more than the configured joins wait, nor more bytes than these have room for; a member has one join,
 * one removal and one release waiting at most.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class MembershipQueue {
    /** Names and ids are at most 256 characters each, those of groups 249. */
    private static final long REMOVAL_BYTES = 1600;

    private final CoordinatorConfig config;
    private final CommitQueue commits;
    private final JoinPace pace;
    private final Map<MemberRef, WaitingJoin> joins = new LinkedHashMap<>();
    private final Set<MemberRef> removals = new LinkedHashSet<>();
    private final Map<MemberRef, WaitingRelease> releases = new LinkedHashMap<>();
    private final Lane<MemberRef> joining = new Lane<>();
    private final Lane<MemberRef> removing = new Lane<>();
    private final Lane<MemberRef> releasing = new Lane<>();
    /** What {@link #next} made last, not started yet. */
    private Lane<MemberRef> started = joining;

    private List<MemberRef> startedMembers = List.of();
    private long joinBytes;

    /** @param commits what a member does after a commit is written after it */
    MembershipQueue(CoordinatorConfig config, CommitQueue commits, long nowMillis) {
        this.config = config;
        this.commits = commits;
        pace = new JoinPace(config.joinsPerSecond(), nowMillis);
    }

    /** @param commit number of the newest one before it; later ones do not hold it up, however many there are */
    private record WaitingRelease(Release release, long commit) {}

    private record WaitingJoin(Join join, long bytes) {}

    Optional<GroupRefusal> join(MemberRef member, Join join) {
        if (joins.size() >= config.maxWaitingJoins() && !joins.containsKey(member)) {
            return Optional.of(new GroupRefusal(
                    GroupReason.OVERLOADED,
                    "joins that wait",
                    Integer.toString(joins.size() + 1),
                    "at most " + config.maxWaitingJoins()));
        }
        var before = joins.get(member);
        long bytes = EntryBudget.bytes(join);
        long together = joinBytes + bytes - (before == null ? 0 : before.bytes());
        if (together > config.maxWaitingJoinBytes()) {
            dropJoin(member); // nobody would be told of it
            return Optional.of(new GroupRefusal(
                    GroupReason.OVERLOADED,
                    "joins that wait, in bytes",
                    Long.toString(together),
                    "at most " + config.maxWaitingJoinBytes()));
        }
        joins.put(member, new WaitingJoin(join, bytes));
        joinBytes = together;
        return Optional.empty();
    }

    private void dropJoin(MemberRef member) {
        var dropped = joins.remove(member);
        if (dropped != null) {
            joinBytes -= dropped.bytes();
        }
    }

    /** The member goes; a join of it that waits would bring it back. */
    void remove(MemberRef member) {
        dropJoin(member);
        removals.add(member);
    }

    /** What the member gave up stays given up until it was written: more of it comes on top. */
    void release(MemberRef member, Release release) {
        releases.merge(member, new WaitingRelease(release, commits.newest(member)), MembershipQueue::united);
    }

    private static WaitingRelease united(WaitingRelease older, WaitingRelease newer) {
        var partitions = new LinkedHashSet<>(older.release().partitions());
        boolean more = partitions.addAll(newer.release().partitions());
        var release = new Release(
                newer.release().group(),
                newer.release().memberId(),
                Math.max(older.release().epoch(), newer.release().epoch()),
                List.copyOf(partitions));
        return new WaitingRelease(release, more ? newer.commit() : older.commit());
    }

    /** Whether something that the member gave up is on its way. */
    boolean releases(MemberRef member) {
        return releases.containsKey(member) || releasing.underWay().contains(member);
    }

    /** The member is none any more, or does not want to be one. */
    void forget(MemberRef member) {
        dropJoin(member);
        removals.remove(member);
        releases.remove(member);
    }

    /** The next command, to be started at once. */
    Optional<GroupCommand> next(long nowMillis, long wallMillis) {
        if (removing.isFree(nowMillis)) {
            var members = EntryBudget.take(
                    removals.iterator(),
                    config.maxMembersPerEntry(),
                    member -> !commits.isWaiting(member),
                    member -> REMOVAL_BYTES);
            if (!members.isEmpty()) {
                return prepared(removing, members, new RemoveMembers(wallMillis, members));
            }
        }
        if (releasing.isFree(nowMillis)) {
            var taken = EntryBudget.take(
                    releases.entrySet().iterator(),
                    config.maxMembersPerEntry(),
                    entry -> commits.isStarted(entry.getValue().commit()),
                    entry -> EntryBudget.bytes(entry.getValue().release()));
            if (!taken.isEmpty()) {
                var written =
                        taken.stream().map(entry -> entry.getValue().release()).toList();
                return prepared(releasing, keys(taken), new ReleasePartitions(written));
            }
        }
        return nextJoins(nowMillis);
    }

    private Optional<GroupCommand> nextJoins(long nowMillis) {
        int may = Math.min(config.maxMembersPerEntry(), pace.available(nowMillis));
        if (!joins.isEmpty() && may > 0 && joining.isFree(nowMillis)) {
            var taken = EntryBudget.take(
                    joins.entrySet().iterator(),
                    may,
                    entry -> true,
                    entry -> entry.getValue().bytes());
            pace.use(taken.size());
            var written = new ArrayList<Join>();
            for (var entry : taken) {
                joinBytes -= entry.getValue().bytes();
                written.add(entry.getValue().join());
            }
            return prepared(joining, keys(taken), new JoinGroups(config.limits(), written));
        }
        return Optional.empty();
    }

    private Optional<GroupCommand> prepared(Lane<MemberRef> lane, List<MemberRef> members, GroupCommand command) {
        started = lane;
        startedMembers = members;
        return Optional.of(command);
    }

    private static List<MemberRef> keys(List<? extends Map.Entry<MemberRef, ?>> entries) {
        return entries.stream().<MemberRef>map(Map.Entry::getKey).toList();
    }

    void started(long proposalId, long nowMillis) {
        started.started(proposalId, startedMembers);
        started.rest(nowMillis + config.gatherDelay().toMillis());
    }

    /** Members whose join this was, in order of their places. */
    List<MemberRef> finished(long proposalId) {
        var members = new ArrayList<MemberRef>();
        if (joining.has(proposalId)) {
            members.addAll(joining.finished());
        } else if (removing.has(proposalId)) {
            removing.finished();
        } else if (releasing.has(proposalId)) {
            releasing.finished();
        }
        return members;
    }

    /**
     * What was to be removed is removed again.
     *
     * @param members that there are still
     * @return members whose join this was
     */
    List<MemberRef> failed(long proposalId, Set<MemberRef> members) {
        if (removing.has(proposalId)) {
            removing.finished().stream().filter(members::contains).forEach(removals::add);
            return List.of();
        }
        return finished(proposalId);
    }
}
