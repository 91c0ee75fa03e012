package io.cordwood.server.admin;

import java.util.Collections;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/** A topic to create; what is empty is chosen by the cluster. */
public record NewTopic(
        String name, OptionalInt partitionCount, OptionalInt replicationFactor, SortedMap<String, String> config) {
    public NewTopic {
        config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
    }
}
