package io.cordwood.metadata;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How much room the limits leave for what a command adds. What it takes away counts with the next command.
 *
 * <p><b>Thread:</b> confined to its caller, for one command.
 */
final class GroupRoom {
    private final GroupRegistry groups;
    private final GroupLimits limits;
    /** Bytes of groups with what this command added to them, of those to which it did. */
    private final Map<String, Long> grown = new HashMap<>();

    private long total;

    GroupRoom(GroupRegistry groups, GroupLimits limits) {
        this.groups = groups;
        this.limits = limits;
        total = groups.bytes();
    }

    /** Takes the room, or says why there is none. Whoever needs none always finds it. */
    Optional<GroupRefusal> take(String group, long bytes) {
        if (bytes <= 0) {
            return Optional.empty();
        }
        long ofGroup = grown.computeIfAbsent(
                        group, name -> GroupBytes.of(groups.byName().get(name)))
                + bytes;
        if (ofGroup > limits.maxGroupBytes()) {
            return refused("bytes of group " + group, ofGroup, limits.maxGroupBytes());
        }
        if (total + bytes > limits.maxTotalBytes()) {
            return refused("bytes of all groups", total + bytes, limits.maxTotalBytes());
        }
        grown.put(group, ofGroup);
        total += bytes;
        return Optional.empty();
    }

    private static Optional<GroupRefusal> refused(String field, long value, long limit) {
        return Optional.of(
                new GroupRefusal(GroupReason.LIMIT_REACHED, field, Long.toString(value), "at most " + limit));
    }
}
