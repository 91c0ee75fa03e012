package io.cordwood.raft;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** Names drawn from the list of initial nodes, so that clusters with different lists never share a raft group. */
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

    static UUID of(SortedMap<Integer, String> initialNodes) {
        var name = "cordwood metadata " + text(initialNodes);
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    static SortedMap<Integer, String> voters(SortedMap<Integer, String> initialNodes) {
        return initialNodes.entrySet().stream()
                .limit(MAX_VOTERS)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, TreeMap::new));
    }
}
