package io.cordwood.raft;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Who waits for records of a partition.
 *
 * <p>Thread: any; fired by the updater, so a listener must only wake somebody.
 */
final class HighWatermarkListeners {
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    Registration add(Runnable listener) {
        // Its own object, so that the same listener can be added twice and each registration ends one of them.
        Runnable one = () -> listener.run();
        listeners.add(one);
        return () -> listeners.remove(one);
    }

    void fire() {
        for (Runnable listener : listeners) {
            listener.run();
        }
    }
}
