package io.cordwood.client;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * What a member says of itself, and what it asks its group to do.
 *
 * @param name for people
 * @param instanceId of a static member, which takes its partitions up again after a restart; empty of
 *     others
 * @param rack where it runs; empty where that is not known
 * @param topics that it wants, ascending; they need not exist yet
 * @param pattern that whole names of topics match that it wants, too; empty where there is none. Whether it is
 *     an expression the cluster decides
 * @param sessionTimeout after so long without being heard it is no member any more
 */
record GroupSubscription(
        String group,
        String name,
        String instanceId,
        String rack,
        List<String> topics,
        String pattern,
        Duration sessionTimeout,
        GroupAssignor assignor,
        OutOfRange outOfRange) {

    GroupSubscription {
        Names.requireGroup(group);
        topics = sorted(topics);
        Settings.requirePositive("sessionTimeout", sessionTimeout);
        if (topics.isEmpty() && pattern.isEmpty()) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_SUBSCRIPTION, "topics", "empty", "topics, a pattern or both");
        }
    }

    private static List<String> sorted(Collection<String> topics) {
        topics.forEach(Names::requireTopic);
        return List.copyOf(new TreeSet<>(topics));
    }
}
