package io.cordwood.coordinator;

import io.cordwood.metadata.MetadataImage;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Looks for the topics that a pattern matches, a part at a time. Topics that come meanwhile may be passed over.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class PatternScan {
    private final TopicPattern pattern;
    private final SortedSet<String> matching = new TreeSet<>();
    /** Names up to this one were looked at. */
    private String last = "";

    private boolean done;
    private boolean stale;
    private boolean over;

    PatternScan(TopicPattern pattern) {
        this.pattern = pattern;
    }

    /** @return how many of the steps are left; below 0 where the last name took more than there were */
    long look(MetadataImage image, long steps) {
        long left = steps;
        for (String name : image.topics().tailMap(last + "\0").keySet()) {
            if (left <= 0) {
                return left;
            }
            left -= pattern.steps(name);
            if (pattern.matches(name)) {
                matching.add(name);
            }
            last = name;
        }
        done = true;
        return left;
    }

    /** Topics came or went since it began. */
    void topicsChanged() {
        stale = true;
    }

    boolean isDone() {
        return done;
    }

    /** @return whether topics may have been passed over: the next scan finds them, and this one is over */
    boolean endStale() {
        over = stale;
        return stale;
    }

    boolean isOver() {
        return over;
    }

    /** What was found, without what is gone. */
    SortedSet<String> matching(MetadataImage image) {
        var found = new TreeSet<>(matching);
        found.retainAll(image.topics().keySet());
        return found;
    }
}
