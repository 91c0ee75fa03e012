package io.cordwood.raft;

import io.cordwood.metadata.NodeRegistration;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The metadata group's name, drawn from the data directories that form the cluster: two clusters never share a raft group,
 * not even when they are formed one after the other from the same list of nodes.
 */
final class MetadataGroupId {
    /** With more initial nodes than this, the ones with higher ids follow without a vote. */
    static final int MAX_VOTERS = 5;

    private MetadataGroupId() {}

    /** The list in the order of ids: {@code 1@host:port,2@host:port}. */
    static String text(SortedMap<Integer, String> initialNodes) {
        return initialNodes.entrySet().stream()
                .map(node -> node.getKey() + "@" + node.getValue())
                .collect(Collectors.joining(","));
    }

    /** The group that these nodes form, by their ids and incarnations. */
    static UUID of(Collection<NodeRegistration> founders) {
        return named(founders.stream()
                .sorted(Comparator.comparingInt(NodeRegistration::nodeId))
                .map(node -> node.nodeId() + "@" + node.incarnation())
                .collect(Collectors.joining(",", "cordwood metadata ", "")));
    }

    /** A short form of the list, to tell whether it is still the same. */
    static UUID ofList(SortedMap<Integer, String> initialNodes) {
        return named("cordwood initial nodes " + text(initialNodes));
    }

    private static UUID named(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    static SortedMap<Integer, String> voters(SortedMap<Integer, String> initialNodes) {
        return initialNodes.entrySet().stream()
                .limit(MAX_VOTERS)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, TreeMap::new));
    }
}
