package io.cordwood.metadata;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which topics a member wants. A topic need not exist: its partitions come in once it does.
 *
 * @param topics names
 * @param pattern expression that whole names match; empty where there is none. Nothing here evaluates it: whoever
 *     writes a command says which topics it found, so that the state depends on no engine of expressions
 */
public record GroupSubscription(SortedSet<String> topics, String pattern) {

    public GroupSubscription {
        topics = Collections.unmodifiableSortedSet(new TreeSet<>(topics));
    }

    /** To topics by their names. */
    public static GroupSubscription of(String... topics) {
        return new GroupSubscription(new TreeSet<>(List.of(topics)), "");
    }

    boolean isEmpty() {
        return topics.isEmpty() && pattern.isEmpty();
    }
}
