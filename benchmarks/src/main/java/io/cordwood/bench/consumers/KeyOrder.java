package io.cordwood.bench.consumers;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Watches a handler that is given one record of a key at a time, in the order of their offsets.
 *
 * <p>Invariant: the first record that breaks it is remembered.
 *
 * <p><b>Thread:</b> any; what is known of a key changes in one step.
 */
final class KeyOrder {
    private final Map<String, Place> places = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable String> violation = new AtomicReference<>();

    /** Where a key is. */
    private record Place(long lastOffset, boolean busy) {}

    /** The handler is given a record. */
    void begin(String key, long offset) {
        places.compute(key, (same, before) -> {
            if (before != null && (before.busy() || before.lastOffset() >= offset)) {
                violation.compareAndSet(
                        null,
                        "the record of " + key + " at offset " + offset + " was begun "
                                + (before.busy() ? "while the one at " : "behind the one at ") + before.lastOffset()
                                + (before.busy() ? " was under way" : ""));
            }
            return new Place(offset, true);
        });
    }

    /** The handler is done with it. */
    void end(String key, long offset) {
        places.put(key, new Place(offset, false));
    }

    /** As a sentence; empty where there was none. */
    Optional<String> violation() {
        return Optional.ofNullable(violation.get());
    }
}
