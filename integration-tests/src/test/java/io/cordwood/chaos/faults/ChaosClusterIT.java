package io.cordwood.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.net.Direction;
import io.cordwood.chaos.net.LinkFault;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.NewTopic;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.StartPoint;
import io.cordwood.it.LoopDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Three server processes that reach each other by proxies only. */
class ChaosClusterIT {
    private static final String TOPIC = "events";
    private static final int NODES = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private ChaosCluster started(Equipment equipment, int partitions) {
        var cluster = ChaosCluster.prepare(ChaosSpec.of(directory, NODES, equipment));
        try {
            cluster.start(PATIENCE);
            cluster.admin()
                    .createTopic(NewTopic.of(TOPIC).withPartitions(partitions).withReplicas(NODES));
            return cluster;
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    private static CordwoodClient client(ChaosCluster cluster) {
        return CordwoodClient.connect(cluster.clientAddresses().toArray(String[]::new));
    }

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void writesGoOnWhileTheLeaderIsIsolatedAndWhenItIsBack() {
        try (var cluster = started(Equipment.NONE, 1);
                var client = client(cluster);
                var producer = client.producer().linger(Duration.ZERO).open()) {
            var written = new ArrayList<>(publish(producer, "before", 20));
            assertEveryPairIsKnown(cluster);
            int leader = cluster.leaderOf(TOPIC, 0).orElseThrow();

            isolate(cluster, leader);
            written.addAll(publish(producer, "without", 20));
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> cluster.leaderOf(TOPIC, 0).orElse(leader) != leader);
            var open = new AtomicBoolean();
            var outcome = new Nemesis(cluster, calm(), TOPIC, event -> {}).heal(() -> open.set(true));
            assertThat(open).isTrue();
            written.addAll(publish(producer, "after", 20));

            assertThat(outcome.problems()).isEmpty();
            assertThat(outcome.unexpectedEnds()).isEmpty();
            assertThat(readAll(client, written.size())).containsExactlyElementsOf(written);
            assertThat(cluster.nodeIds())
                    .allSatisfy(node -> assertThat(cluster.resources(node)).isPresent());
        }
    }

    /** By the owners of the sockets. */
    private static void assertEveryPairIsKnown(ChaosCluster cluster) {
        for (int one : cluster.nodeIds()) {
            for (int other : cluster.nodeIds()) {
                if (one < other) {
                    var direction = new Direction(one, other);
                    assertThat(cluster.network().open().keySet()).containsAnyOf(direction, direction.reversed());
                }
            }
        }
    }

    private static void isolate(ChaosCluster cluster, int node) {
        for (int other : cluster.nodeIds()) {
            if (other != node) {
                cluster.network().begin(new Direction(node, other), new LinkFault.Cut());
                cluster.network().begin(new Direction(other, node), new LinkFault.Cut());
            }
        }
    }

    private static Schedule calm() {
        return Schedule.of(0, Duration.ZERO, NODES, List.of(), Equipment.NONE);
    }

    /** Each kind that three nodes on this machine can suffer, one after the other, under a little load. */
    @Test
    @Tag("nightly")
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void everyKindIsDoneAndUndone() {
        var equipment = Equipment.ofThisMachine();
        equipment.lacks().forEach(System.err::println);
        var events = new ConcurrentLinkedQueue<FaultEvent>();
        try (var cluster = started(equipment, 3);
                var client = client(cluster);
                var load = Drip.start(client)) {
            var nemesis = new Nemesis(cluster, calm(), TOPIC, event -> {
                System.out.println(event);
                events.add(event);
            });
            for (var kind : new Compatibility(NODES).possible(List.of(FaultKind.values()), equipment)) {
                nemesis.perform(briefly(kind));
                assertThat(nemesis.heal(() -> {}).problems()).as(kind.label()).isEmpty();
                assertThat(cluster.unexpectedEnds()).as(kind.label()).isEmpty();
            }
            var written = load.acknowledged();
            assertThat(written).isNotEmpty();
            assertThat(readAll(client, written.size())).containsAll(written);
        }
        // A start may be over before it is cut short; a catch-up is slowed for it.
        assertThat(events)
                .filteredOn(event -> event.kind() != FaultKind.KILL_DURING_START)
                .extracting(FaultEvent::phase)
                .containsOnly(FaultEvent.Phase.BEGIN, FaultEvent.Phase.END);
        assertThat(events).noneMatch(FaultEvent::isProblem);
    }

    /** With nothing left at all some write fails sooner or later. */
    @Test
    @Tag("nightly")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void aNodeOnAFullDiskEndsOrRefusesAndIsBackWhenThereIsRoom() {
        LoopDisk.missing().ifPresent(reason -> Assumptions.abort(reason));
        var disks = new Equipment(true, Optional.empty(), List.of());
        var events = new ConcurrentLinkedQueue<FaultEvent>();
        try (var cluster = started(disks, 3);
                var client = client(cluster);
                var load = Drip.start(client)) {
            var nemesis = new Nemesis(cluster, calm(), TOPIC, event -> {
                System.out.println(event);
                events.add(event);
            });
            for (int node : List.of(1, 2, 3, 1, 2, 3)) {
                nemesis.perform(new Fault(FaultKind.DISK_FULL, List.of(node), 0, 12_000, 0, 0));
                assertThat(nemesis.heal(() -> {}).problems()).isEmpty();
                assertThat(cluster.unexpectedEnds()).isEmpty();
            }
            assertThat(cluster.nodeIds()).anyMatch(node -> cluster.logOf(node).contains("No space left on device"));
            var written = load.acknowledged();
            assertThat(readAll(client, written.size())).containsAll(written);
        }
        assertThat(events).extracting(FaultEvent::phase).containsOnly(FaultEvent.Phase.BEGIN, FaultEvent.Phase.END);
    }

    private static Fault briefly(FaultKind kind) {
        var nodes = switch (kind) {
            case KILL_ALL, POWER_LOSS_OF_ALL -> List.of(1, 2, 3);
            case POWER_LOSS_OF_TWO, ONE_WAY_CUT -> List.of(1, 3);
            default -> List.of(2);
        };
        long amount = switch (kind) {
            case KILL_DURING_START, KILL_DURING_CATCH_UP, RESET -> 500;
            case BANDWIDTH -> 100_000;
            case DELAY -> 50;
            case DISK_FULL -> 1 << 20;
            case CLOCK_STEP -> -600;
            default -> 0;
        };
        return new Fault(kind, nodes, 0, 3_000, amount, 4);
    }

    private static List<String> publish(Producer producer, String prefix, int count) {
        var values = IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
        for (var value : values) {
            producer.send(record(value))
                    .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join();
        }
        return values;
    }

    private static ProducerRecord record(String value) {
        return new ProducerRecord(TOPIC, null, value.getBytes(StandardCharsets.UTF_8));
    }

    /** In the order of each partition; at least so many. */
    private static List<String> readAll(CordwoodClient client, int count) {
        var values = new ArrayList<String>();
        try (var reader = client.reader(TOPIC).start(StartPoint.earliest()).open()) {
            Awaitility.await().atMost(PATIENCE).until(() -> {
                List<ConsumedRecord> polled;
                do {
                    polled = reader.poll(POLL);
                    polled.forEach(record -> values.add(record.valueText()));
                } while (!polled.isEmpty());
                return values.size() >= count;
            });
        }
        return values;
    }

    /** Publishes one record after the other, and knows those that were acknowledged. */
    private static final class Drip implements AutoCloseable {
        private static final String PADDING = "x".repeat(500);

        private final CordwoodClient client;
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final ConcurrentLinkedQueue<String> acknowledged = new ConcurrentLinkedQueue<>();
        private final Thread thread = new Thread(this::drip, "drip");

        private Drip(CordwoodClient client) {
            this.client = client;
        }

        static Drip start(CordwoodClient client) {
            var drip = new Drip(client);
            drip.thread.start();
            return drip;
        }

        private void drip() {
            try (var producer = client.producer().linger(Duration.ZERO).open()) {
                for (int i = 0; !stopped.get(); i++) {
                    var value = i + PADDING;
                    try {
                        producer.send(record(value))
                                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                                .join();
                        acknowledged.add(value);
                    } catch (RuntimeException e) {
                        System.err.println("record " + i + " may be lost: " + e);
                    }
                }
            }
        }

        /** All of them; no more are sent. */
        List<String> acknowledged() {
            stopped.set(true);
            try {
                thread.join(2 * PATIENCE.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return List.copyOf(acknowledged);
        }

        @Override
        public void close() {
            stopped.set(true);
        }
    }
}
