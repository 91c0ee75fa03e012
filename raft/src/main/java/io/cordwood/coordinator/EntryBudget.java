package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.Refresh;
import io.cordwood.metadata.GroupCommand.Release;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
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

    /** Of a text: what says that it is one, and how long. */
    private static final long TEXT_BYTES = 4;

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
        return ITEM_BYTES
                + bytes(join.group())
                + bytes(join.memberId())
                + bytes(join.name())
                + bytes(join.instanceId())
                + bytes(join.replaces())
                + bytes(join.rack())
                + bytes(join.clientHost())
                + bytes(join.subscription().pattern())
                + allBytes(join.subscription().topics())
                + allBytes(join.patternTopics());
    }

    static long bytes(Refresh refresh) {
        return ITEM_BYTES
                + bytes(refresh.group())
                + bytes(refresh.pattern())
                + allBytes(refresh.added())
                + allBytes(refresh.removed());
    }

    static long bytes(Release release) {
        return ITEM_BYTES * (2 + release.partitions().size());
    }

    /** Known to clients, which send no more at once. */
    static long bytes(List<PartitionOffset> offsets) {
        long bytes = 2 * ITEM_BYTES;
        for (PartitionOffset offset : offsets) {
            bytes += ITEM_BYTES + utf8(offset.metadata());
        }
        return bytes;
    }

    /** The first of these names that find room. */
    static SortedSet<String> fitting(SortedSet<String> names, long maxBytes) {
        long bytes = 0;
        for (String name : names) {
            bytes += bytes(name);
            if (bytes > maxBytes) {
                return names.headSet(name);
            }
        }
        return names;
    }

    static long allBytes(SortedSet<String> texts) {
        return texts.stream().mapToLong(EntryBudget::bytes).sum();
    }

    private static long bytes(String text) {
        return TEXT_BYTES + utf8(text);
    }

    private static long utf8(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            boolean two = next < 0x800 || Character.isSurrogate(next); // a pair of surrogates has four
            bytes += next < 0x80 ? 1 : two ? 2 : 3;
        }
        return bytes;
    }
}
