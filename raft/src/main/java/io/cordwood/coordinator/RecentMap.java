package io.cordwood.coordinator;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is worth knowing for a while only: of each key the newest.
 *
 * <p>Invariants: no more than the bound are kept, and the oldest goes first; what is too old goes when something comes,
 * and is told to nobody.
 *
 * <p><b>Thread:</b> confined to the coordinator, whose clock never goes back.
 */
final class RecentMap<K, V> {
    private final int max;
    private final long keptMillis;
    private final Map<K, Recent<V>> newest = new LinkedHashMap<>();

    RecentMap(int max, long keptMillis) {
        this.max = max;
        this.keptMillis = keptMillis;
    }

    record Recent<V>(V value, long atMillis) {}

    void put(K key, V value, long nowMillis) {
        newest.remove(key); // so that it comes last again
        newest.put(key, new Recent<>(value, nowMillis));
        prune(nowMillis);
    }

    private void prune(long nowMillis) {
        var oldest = newest.values().iterator();
        while (oldest.hasNext()) {
            if (!isOld(oldest.next(), nowMillis) && newest.size() <= max) {
                return;
            }
            oldest.remove();
        }
    }

    private boolean isOld(Recent<V> recent, long nowMillis) {
        return nowMillis - recent.atMillis() > keptMillis;
    }

    @Nullable
    V get(K key, long nowMillis) {
        var recent = newest.get(key);
        return recent == null || isOld(recent, nowMillis) ? null : recent.value();
    }

    void remove(K key) {
        newest.remove(key);
    }

    boolean isEmpty() {
        return newest.isEmpty();
    }

    /** The oldest first. */
    Map<K, Recent<V>> all(long nowMillis) {
        prune(nowMillis);
        return Collections.unmodifiableMap(newest);
    }
}
