package io.cordwood.client;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets one item of a key go on at a time, the others of that key wait in order. Items without a key have no
 * order among themselves and never wait.
 *
 * <p>Invariant: a key has a lane as long as an item that entered with it has not left; whoever is told to
 * go on is the only one of its key.
 *
 * <p><b>Thread:</b> the consumer's.
 */
final class KeyLanes<T> {
    private final Map<Object, ArrayDeque<T>> waitingByKey = new HashMap<>();

    /** @return whether the item may go on now; otherwise {@link #leave} gives it when its turn has come */
    boolean enter(@Nullable Object key, T item) {
        if (key == null) {
            return true;
        }
        var waiting = waitingByKey.get(key);
        if (waiting != null) {
            waiting.add(item);
            return false;
        }
        waitingByKey.put(key, new ArrayDeque<>(0));
        return true;
    }

    /** The item of this key that was going on has ended; gives the one whose turn it is, or null. */
    @Nullable
    T leave(@Nullable Object key) {
        if (key == null) {
            return null;
        }
        var waiting = waitingByKey.get(key);
        if (waiting == null) {
            throw new IllegalStateException("nobody of key " + key + " was going on");
        }
        var next = waiting.poll();
        if (next == null) {
            waitingByKey.remove(key);
        }
        return next;
    }

    /** Forgets who waits; who is going on still holds his key. */
    void dropWaiting() {
        waitingByKey.values().forEach(ArrayDeque::clear);
    }

    boolean isEmpty() {
        return waitingByKey.isEmpty();
    }
}
