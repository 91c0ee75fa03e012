package io.cordwood.metadata;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a command about groups leads to.
 *
 * @param refused items, by their places in the command
 */
record GroupChange(GroupRegistry groups, SortedMap<Integer, GroupRefusal> refused) {

    static GroupChange of(GroupRegistry groups) {
        return new GroupChange(groups, new TreeMap<>());
    }

    /** Nothing changes. */
    static GroupChange refused(GroupRegistry groups, GroupRefusal refusal) {
        return new GroupChange(groups, new TreeMap<>(Map.of(0, refusal)));
    }
}
