package io.cordwood.client;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The addresses this client may call: those the cluster advertises, then those it was given to begin with.
 *
 * <p>Invariant: never empty; a bootstrap address stays, so a client outlives the loss of every node it has learned of, but for
 * those that led to another cluster.
 *
 * <p><b>Thread:</b> any; each change publishes a new immutable list. The monitor guards changes, which are rare.
 */
final class KnownNodes {
    private final List<HostPort> bootstrap;
    private final AtomicInteger preferred = new AtomicInteger();
    private volatile Map<Integer, HostPort> byId = Map.of();
    private volatile List<HostPort> all;
    private final Set<HostPort> foreign = new HashSet<>();

    KnownNodes(List<HostPort> bootstrap) {
        this.bootstrap = List.copyOf(bootstrap);
        this.all = this.bootstrap;
    }

    List<HostPort> all() {
        return all;
    }

    @Nullable
    HostPort addressOf(int nodeId) {
        return byId.get(nodeId);
    }

    /** Replaces what was learned before. */
    synchronized void learn(Map<Integer, HostPort> nodes) {
        foreign.removeAll(nodes.values());
        byId = Map.copyOf(nodes);
        choose();
    }

    /**
     * Leaves an address out that led to another cluster.
     *
     * @return whether another one is left; otherwise all are there again
     */
    synchronized boolean leaveOut(HostPort address) {
        foreign.add(address);
        choose();
        if (!all.isEmpty()) {
            return true;
        }
        foreign.clear();
        choose();
        return false;
    }

    private void choose() {
        var addresses = new LinkedHashSet<>(byId.values());
        addresses.addAll(bootstrap);
        addresses.removeAll(foreign);
        all = List.copyOf(addresses);
    }

    /** The node that answered last; calls stay with it until it fails. */
    HostPort current() {
        var addresses = all;
        return addresses.get(Math.floorMod(preferred.get(), addresses.size()));
    }

    /** Lets later calls begin with another node, unless somebody has moved on from this one already. */
    void moveOnFrom(HostPort failed) {
        int seen = preferred.get();
        var addresses = all;
        if (addresses.get(Math.floorMod(seen, addresses.size())).equals(failed)) {
            preferred.compareAndSet(seen, seen + 1);
        }
    }
}
