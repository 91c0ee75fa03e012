package io.cordwood.raft;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/**
 * The newest payloads that this node's leaders have appended, so that followers a little behind need no disk. One for the node,
 * so that its bound holds whatever the number of partitions.
 *
 * <p>Thread: any. Its monitor guards the map; it is held for one map operation per entry and follower.
 */
final class PayloadWindow {
    private final long maxBytes;
    private final Map<Key, ByteString> payloads = new LinkedHashMap<>();
    private long bytes;

    private record Key(RaftGroupId groupId, long term, long index) {}

    PayloadWindow(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    synchronized void put(RaftGroupId groupId, long term, long index, ByteString payload) {
        var replaced = payloads.put(new Key(groupId, term, index), payload);
        bytes += payload.size() - (replaced == null ? 0 : replaced.size());
        var oldest = payloads.values().iterator();
        while (bytes > maxBytes) {
            bytes -= oldest.next().size();
            oldest.remove();
        }
    }

    synchronized Optional<ByteString> get(RaftGroupId groupId, long term, long index) {
        return Optional.ofNullable(payloads.get(new Key(groupId, term, index)));
    }

    /** The group is gone from this node. */
    synchronized void forget(RaftGroupId groupId) {
        var entries = payloads.entrySet().iterator();
        while (entries.hasNext()) {
            var entry = entries.next();
            if (entry.getKey().groupId().equals(groupId)) {
                bytes -= entry.getValue().size();
                entries.remove();
            }
        }
    }
}
