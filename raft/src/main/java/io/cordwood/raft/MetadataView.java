package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The newest image that this node applied. Listeners are told of the newest one only, on one thread of this object's own,
 * so that none of them holds up the metadata group.
 *
 * <p>Invariant: the image's index never falls.
 *
 * <p>Thread: {@link #publish} by the metadata group's updater; the rest by any.
 */
final class MetadataView {
    private final ExecutorService events;
    private final List<Consumer<MetadataImage>> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<MetadataImage>> groupListeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean announced = new AtomicBoolean();
    /** Guarded by itself; threads that wait for an index are few and short-lived. */
    private final NavigableMap<Long, CompletableFuture<MetadataImage>> waiters = new TreeMap<>();

    private volatile MetadataImage image = MetadataImage.EMPTY;
    /** Confined to the thread of the events. */
    private MetadataImage announcedLast = MetadataImage.EMPTY;

    MetadataView(int nodeId) {
        events = Executors.newSingleThreadExecutor(task -> new Thread(task, "metadata-events-" + nodeId));
    }

    MetadataImage image() {
        return image;
    }

    /** An older one than before is passed over: it comes where the group is opened again. */
    void publish(MetadataImage next) {
        if (next.index() < image.index()) {
            return;
        }
        image = next;
        if (announced.compareAndSet(false, true)) {
            try {
                events.execute(this::announce);
            } catch (RejectedExecutionException e) {
                announced.set(false); // the node is stopping: nobody listens any more
            }
        }
    }

    /** The first image at this raft index or later. */
    CompletableFuture<MetadataImage> await(long index) {
        synchronized (waiters) {
            if (image.index() >= index) {
                return CompletableFuture.completedFuture(image);
            }
            return waiters.computeIfAbsent(index, key -> new CompletableFuture<>())
                    .copy();
        }
    }

    Registration onChange(Consumer<MetadataImage> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** The listener hears also of changes that concern consumer groups alone. */
    Registration onEveryChange(Consumer<MetadataImage> listener) {
        groupListeners.add(listener);
        return () -> groupListeners.remove(listener);
    }

    private void announce() {
        announced.set(false);
        var newest = image;
        var before = announcedLast;
        announcedLast = newest;
        completeWaiters(newest);
        groupListeners.forEach(listener -> listener.accept(newest));
        if (!differInGroupsOnly(before, newest)) {
            listeners.forEach(listener -> listener.accept(newest));
        }
    }

    /** Offsets are committed hundreds of times in a second, and nobody else has to look at anything. */
    private static boolean differInGroupsOnly(MetadataImage before, MetadataImage after) {
        return before.topics().equals(after.topics())
                && before.nodes().equals(after.nodes())
                && before.featureLevel() == after.featureLevel()
                && before.nextProducerId() == after.nextProducerId()
                && !before.groups().equals(after.groups());
    }

    private void completeWaiters(MetadataImage newest) {
        List<CompletableFuture<MetadataImage>> served;
        synchronized (waiters) {
            var reached = waiters.headMap(newest.index(), true);
            served = List.copyOf(reached.values());
            reached.clear();
        }
        served.forEach(waiter -> waiter.complete(newest));
    }

    void close() {
        events.shutdown();
        Threads.join(events, 5, "metadata events");
    }
}
