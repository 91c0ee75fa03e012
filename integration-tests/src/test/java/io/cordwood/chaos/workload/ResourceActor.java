package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Notes every few seconds what the nodes' processes hold. A node that does not answer is left out.
 *
 * <p><b>Thread:</b> that of its workload.
 */
final class ResourceActor implements Actor {
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration CONNECT = Duration.ofSeconds(1);

    private final Journal journal;
    private final Map<Integer, String> httpAddresses;
    private final IntFunction<Optional<ProcessSize>> sizes;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(CONNECT).build();

    /** @param sizes of a node's process; none while there is none */
    ResourceActor(Journal journal, Map<Integer, String> httpAddresses, IntFunction<Optional<ProcessSize>> sizes) {
        this.journal = journal;
        this.httpAddresses = httpAddresses;
        this.sizes = sizes;
    }

    @Override
    public Optional<Duration> step(boolean stopping) throws InterruptedException {
        if (stopping) {
            return Optional.empty();
        }
        for (var each : httpAddresses.entrySet()) {
            sample(each.getKey(), each.getValue());
        }
        return Optional.of(PAUSE);
    }

    private void sample(int node, String address) throws InterruptedException {
        var size = sizes.apply(node);
        if (size.isEmpty()) {
            return;
        }
        try {
            var gauges = NodeGauges.of(http, address);
            journal.note(
                    journal.name(),
                    new Operation.Resources(
                            node,
                            size.get().residentBytes(),
                            gauges.heapBytes(),
                            gauges.directBytes(),
                            size.get().openFiles(),
                            size.get().threads()));
        } catch (IOException e) {
            // It stands still, or is down, or has just been started: what it holds says nothing then.
            return;
        }
    }

    @Override
    public void close() {
        // The client ends with its last reference.
    }
}
