package io.cordwood.metadata;

import java.util.AbstractMap;
import java.util.Collections;
import java.util.Comparator;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A sorted map that never changes, so that a copy of it is the map itself: images share what a command left
 * as it was, and whoever looks for changes compares references first.
 *
 * <p>Invariant: nobody else has the map inside.
 *
 * <p><b>Thread:</b> any; immutable.
 */
@SuppressWarnings("JdkObsolete") // it stands where images hold a SortedMap, and needs no more
final class FixedMap<K, V> extends AbstractMap<K, V> implements SortedMap<K, V> {
    private final SortedMap<K, V> map;

    private FixedMap(SortedMap<K, V> map) {
        this.map = map;
    }

    static <K, V> SortedMap<K, V> copyOf(SortedMap<K, V> source) {
        return source instanceof FixedMap
                ? source
                : new FixedMap<>(Collections.unmodifiableSortedMap(new TreeMap<>(source)));
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
        return map.entrySet();
    }

    @Override
    public Set<K> keySet() {
        return map.keySet();
    }

    @Override
    public int size() {
        return map.size();
    }

    @Override
    public @Nullable V get(@Nullable Object key) {
        return map.get(key);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return map.containsKey(key);
    }

    @Override
    public @Nullable Comparator<? super K> comparator() {
        return map.comparator();
    }

    @Override
    public SortedMap<K, V> subMap(K from, K to) {
        return map.subMap(from, to);
    }

    @Override
    public SortedMap<K, V> headMap(K to) {
        return map.headMap(to);
    }

    @Override
    public SortedMap<K, V> tailMap(K from) {
        return map.tailMap(from);
    }

    @Override
    public K firstKey() {
        return map.firstKey();
    }

    @Override
    public K lastKey() {
        return map.lastKey();
    }
}
