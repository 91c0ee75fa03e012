package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cordwood.batch.RecordHeader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Logs in memory; whatever is appended is there at once. */
final class ManualSource implements RecordSource {
    static final int LEADER_EPOCH = 5;
    private static final byte[] VALUE = "value".getBytes(UTF_8);

    private final RecordSource.Listener listener;
    private final Map<TopicPartition, TreeMap<Long, ConsumedRecord>> logs = new HashMap<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    private final Set<TopicPartition> drained = new HashSet<>();
    private final Set<TopicPartition> held = new HashSet<>();
    /** Since when partitions are not read, as their bounds are full. */
    final Map<TopicPartition, Long> fullSinceNanos = new HashMap<>();

    final List<TopicPartition> asked = new ArrayList<>();
    boolean closed;

    ManualSource(RecordSource.Listener listener) {
        this.listener = listener;
    }

    /** @param key null for none */
    long append(TopicPartition partition, @Nullable String key) {
        return append(partition, key, List.of());
    }

    long append(TopicPartition partition, @Nullable String key, List<RecordHeader> headers) {
        long offset = end(partition);
        var record = new ConsumedRecord(
                partition,
                new ConsumedRecord.BatchPlace(offset, 1_000, LEADER_EPOCH),
                key == null ? null : key.getBytes(UTF_8),
                VALUE,
                headers);
        logs.computeIfAbsent(partition, each -> new TreeMap<>()).put(offset, record);
        ends.put(partition, offset + 1);
        tell(partition);
        return offset;
    }

    /** As compaction does. */
    void leaveHole(TopicPartition partition, int records) {
        ends.merge(partition, (long) records, Long::sum);
        tell(partition);
    }

    /** As after a restart: the logs are still there. */
    void takeLogsOf(ManualSource earlier) {
        logs.putAll(earlier.logs);
        ends.putAll(earlier.ends);
    }

    Map<Long, ConsumedRecord> log(TopicPartition partition) {
        return logs.getOrDefault(partition, new TreeMap<>());
    }

    long end(TopicPartition partition) {
        return ends.getOrDefault(partition, 0L);
    }

    boolean isHeld(TopicPartition partition) {
        return held.contains(partition);
    }

    Set<TopicPartition> partitions() {
        return positions.keySet();
    }

    @Override
    public void add(GroupMembership.Assignment partition) {
        if (positions.put(partition.partition(), partition.offset()) != null) {
            throw new IllegalStateException(partition + " is read already");
        }
        drained.add(partition.partition());
        tell(partition.partition());
    }

    @Override
    public void remove(TopicPartition partition) {
        if (positions.remove(partition) == null) {
            throw new IllegalStateException(partition + " is not read");
        }
        held.remove(partition);
        drained.remove(partition);
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        positions.put(partition, offset);
        drained.add(partition);
        tell(partition);
    }

    @Override
    public void hold(TopicPartition partition, boolean hold) {
        if (hold) {
            held.add(partition);
        } else {
            held.remove(partition);
            tell(partition);
        }
    }

    @Override
    public @Nullable ConsumedRecord next(TopicPartition partition) {
        asked.add(partition);
        var next = logs.getOrDefault(partition, new TreeMap<>()).ceilingEntry(position(partition));
        if (next == null) {
            positions.merge(partition, end(partition), Math::max);
            drained.add(partition);
            return null;
        }
        positions.put(partition, next.getKey() + 1);
        return next.getValue();
    }

    @Override
    public long position(TopicPartition partition) {
        return Objects.requireNonNull(positions.get(partition), "not read");
    }

    @Override
    public long fullNanos(TopicPartition partition, long now) {
        if (closed || !positions.containsKey(partition)) {
            throw new IllegalStateException(partition + " is not read");
        }
        return now - fullSinceNanos.getOrDefault(partition, now);
    }

    @Override
    public long advance(long now) {
        return now + 1_000_000_000_000L;
    }

    @Override
    public void close() {
        closed = true;
    }

    private void tell(TopicPartition partition) {
        var position = positions.get(partition);
        if (position != null && position < end(partition) && drained.remove(partition)) {
            listener.available(partition);
        }
    }
}
