package io.cordwood.metadata;

import java.time.Duration;

/**
 * A member of a consumer group.
 *
 * @param memberId random
 * @param name what the application calls itself
 * @param instanceId of a static member, which takes its partitions up again after a restart; empty of others
 * @param rack empty where none is set
 * @param clientHost where it runs, for people
 * @param sessionTimeout where it is not heard of for so long it is removed; each member has its own
 * @param joinedAt raft index at which it joined, or the one whose place it took; members are ordered by it
 * @param joinedPlace place in that command, from 0: the order of those that joined with one command
 * @param epoch raft index of the newest command that gave it partitions or asked for some: it rises, and no member has
 *     one that it had before, were it to come again under the same id
 */
public record GroupMember(
        String memberId,
        String name,
        String instanceId,
        String rack,
        String clientHost,
        GroupSubscription subscription,
        Duration sessionTimeout,
        long joinedAt,
        int joinedPlace,
        long epoch) {

    public GroupMember {
        if (sessionTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("session timeout " + sessionTimeout + " must be at least 1 ms");
        }
    }

    public boolean isStatic() {
        return !instanceId.isEmpty();
    }

    GroupMember withEpoch(long newEpoch) {
        return new GroupMember(
                memberId,
                name,
                instanceId,
                rack,
                clientHost,
                subscription,
                sessionTimeout,
                joinedAt,
                joinedPlace,
                newEpoch);
    }
}
