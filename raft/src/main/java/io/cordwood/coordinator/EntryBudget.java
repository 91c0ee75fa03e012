package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.Refresh;
import io.cordwood.metadata.GroupCommand.Release;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Keeps raft entries well below the largest one. Sizes are estimates from above.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class EntryBudget {
    /** Half of what an entry may have. */
    static final long MAX_BYTES = 256 * 1024;

    /** Most that a character takes in UTF-8. */
    private static final long CHAR_BYTES = 3;

    /** Ids and numbers of one item. */
    private static final long ITEM_BYTES = 64;

    private EntryBudget() {}

    /** Takes items out of their source, in order, until the next one would not fit; the first one always does. */
    static <T> List<T> take(Iterator<T> source, int maxItems, Predicate<T> ready, ToLongFunction<T> bytesOf) {
        var taken = new ArrayList<T>();
        long bytes = 0;
        while (taken.size() < maxItems && source.hasNext()) {
            var item = source.next();
            if (!ready.test(item)) {
                continue;
            }
            bytes += bytesOf.applyAsLong(item);
            if (!taken.isEmpty() && bytes > MAX_BYTES) {
                // The iterator has passed it: it is the next one of a new iterator.
                return taken;
            }
            source.remove();
            taken.add(item);
        }
        return taken;
    }

    static long bytes(Join join) {
        long chars = (long) join.group().length()
                + join.memberId().length()
                + join.name().length()
                + join.instanceId().length()
                + join.replaces().length()
                + join.rack().length()
                + join.clientHost().length()
                + join.subscription().pattern().length();
        for (String topic : join.subscription().topics()) {
            chars += topic.length() + 1;
        }
        for (String topic : join.patternTopics()) {
            chars += topic.length() + 1;
        }
        return ITEM_BYTES + CHAR_BYTES * chars;
    }

    static long bytes(Refresh refresh) {
        long chars = refresh.group().length();
        for (Map.Entry<String, SortedSet<String>> pattern : refresh.patterns().entrySet()) {
            chars += pattern.getKey().length() + 1;
            for (String topic : pattern.getValue()) {
                chars += topic.length() + 1;
            }
        }
        return ITEM_BYTES + CHAR_BYTES * chars;
    }

    static long bytes(Release release) {
        return ITEM_BYTES * (2 + release.partitions().size());
    }

    /** Known to clients, which send no more at once. */
    static long bytes(List<PartitionOffset> offsets) {
        long bytes = 2 * ITEM_BYTES;
        for (PartitionOffset offset : offsets) {
            bytes += ITEM_BYTES + offset.metadata().getBytes(StandardCharsets.UTF_8).length;
        }
        return bytes;
    }
}
