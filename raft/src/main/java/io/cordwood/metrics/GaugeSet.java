package io.cordwood.metrics;

import io.micrometer.core.instrument.Meter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Gauges for each of a changing set of things, such as partitions: those of what is gone end, those of what
 * is new begin.
 *
 * <p>Invariant: at most so many things have gauges; one that has them keeps them until it is gone.
 *
 * <p><b>Thread:</b> any. The monitor guards the map, so that two looks at once do not register the same
 * thing twice.
 */
final class GaugeSet<K, V> {
    private final int max;
    private final BiFunction<K, Supplier<V>, List<? extends Meter>> gauges;
    private final Consumer<Meter> remove;
    private final Map<K, Shown<V>> shown = new HashMap<>();

    private static final class Shown<V> implements Supplier<V> {
        private volatile V value;
        private List<? extends Meter> meters = List.of();

        private Shown(V value) {
            this.value = value;
        }

        @Override
        public V get() {
            return value;
        }
    }

    /** @param gauges registers those of a key, which read the newest value from what they are given */
    GaugeSet(int max, BiFunction<K, Supplier<V>, List<? extends Meter>> gauges, Consumer<Meter> remove) {
        this.max = max;
        this.gauges = gauges;
        this.remove = remove;
    }

    /** Returns how many have no gauges because there are too many. */
    synchronized int show(Map<K, V> values) {
        shown.entrySet().removeIf(entry -> {
            boolean gone = !values.containsKey(entry.getKey());
            if (gone) {
                entry.getValue().meters.forEach(remove);
            }
            return gone;
        });
        values.forEach(this::show);
        return values.size() - shown.size();
    }

    private void show(K key, V value) {
        var known = shown.get(key);
        if (known != null) {
            known.value = value;
        } else if (shown.size() < max) {
            var begun = new Shown<>(value);
            begun.meters = gauges.apply(key, begun);
            shown.put(key, begun);
        }
    }
}
