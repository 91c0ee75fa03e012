package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Recorder;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.TopicPartition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * All workloads of a run: those that write, which come to an end first, and those that read and watch.
 *
 * <p><b>Thread:</b> the run's.
 */
public final class Workloads implements AutoCloseable {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
    /** Longer than most faults: records go on being sent when those are over. */
    private static final Duration PATIENT = Duration.ofMinutes(2);
    /** Shorter than most: outcomes stay unknown, and others take over. */
    private static final Duration IMPATIENT = Duration.ofSeconds(8);

    private final WorkloadPlan plan;
    private final Places places;
    private final Recorder recorder;
    private final long seed;
    private final CordwoodClient writing;
    private final CordwoodClient reading;
    private final NodeCalls nodes;
    private final NodeCalls watched;
    private final List<Workload> writers = new ArrayList<>();
    private final List<Workload> readers = new ArrayList<>();

    /**
     * Where the cluster is.
     *
     * @param clients where clients connect, in the order of the nodes
     * @param watchers the same, where no fault of the network reaches
     * @param http by node
     * @param logs by node: what it prints
     * @param sizes of a node's process; none while there is none
     */
    public record Places(
            List<String> clients,
            List<String> watchers,
            Map<Integer, String> http,
            Map<Integer, Path> logs,
            IntFunction<Optional<ProcessSize>> sizes) {
        public Places {
            clients = List.copyOf(clients);
            watchers = List.copyOf(watchers);
            http = Map.copyOf(http);
            logs = Map.copyOf(logs);
        }
    }

    /** @param plan whose topics are there */
    public Workloads(WorkloadPlan plan, Places places, Recorder recorder, long seed) {
        this.plan = plan;
        this.places = places;
        this.recorder = recorder;
        this.seed = seed;
        writing = client(places.clients());
        reading = client(places.clients());
        nodes = new NodeCalls(places.clients());
        watched = new NodeCalls(places.watchers());
        addWriters();
        addReaders();
    }

    private static CordwoodClient client(List<String> addresses) {
        return CordwoodClient.builder()
                .bootstrap(addresses)
                .requestTimeout(REQUEST_TIMEOUT)
                .build();
    }

    private void addWriters() {
        double each = (double) plan.recordsPerSecond() / (plan.idempotentProducers() + plan.plainProducers());
        for (int i = 0; i < plan.idempotentProducers(); i++) {
            addProducer("producer-" + i, each, true, i % 2 == 0 ? PATIENT : IMPATIENT);
        }
        for (int i = 0; i < plan.plainProducers(); i++) {
            addProducer("plain-" + i, each, false, IMPATIENT);
        }
        var payload = new Payload(plan.recordBytes());
        for (int i = 0; i < plan.appenders(); i++) {
            var journal = journal("conditional-" + i);
            add(writers, journal, new ConditionalActor(nodes, journal, plan.registers(), payload, seed + i));
        }
    }

    private void addProducer(String name, double recordsPerSecond, boolean idempotent, Duration deliveryTimeout) {
        var journal = journal(name);
        var settings = new ProducerActor.Settings(
                plan.records().topic(),
                plan.records().count(),
                idempotent,
                recordsPerSecond,
                deliveryTimeout,
                plan.alone(),
                new Payload(plan.recordBytes()));
        add(writers, journal, new ProducerActor(writing, journal, settings));
    }

    private void addReaders() {
        for (int i = 0; i < plan.readers(); i++) {
            if (i % 2 == 0) {
                var journal = journal("subscriber-" + i / 2);
                add(readers, journal, new SubscribeActor(nodes, journal, plan.records(), seed + i));
            } else {
                var journal = journal("tail-" + i / 2);
                add(readers, journal, new TailActor(reading, journal, plan.records()));
            }
        }
        for (var topic : plan.topics()) {
            var tail = journal("tail-of-" + topic.topic());
            add(readers, tail, new TailActor(reading, tail, topic));
            var rescan = journal("rescan-of-" + topic.topic());
            add(readers, rescan, new RescanActor(nodes, rescan, topic, seed));
        }
        var ends = journal("end-of-registers");
        add(readers, ends, new EndOffsetActor(nodes, ends, plan.registers().all(), seed));
        var allEnds = journal("end-of-any");
        var all = Stream.concat(plan.registers().all().stream(), plan.records().all().stream())
                .toList();
        add(readers, allEnds, new EndOffsetActor(nodes, allEnds, all, seed + 1));
        var leaders = journal("leaders");
        var topics = plan.topics().stream().map(TopicPartitions::topic).toList();
        add(readers, leaders, new LeaderActor(watched, leaders, topics));
        var resources = journal("resources");
        add(readers, resources, new ResourceActor(resources, places.http(), places.sizes()));
        var catchUps = journal("catch-ups");
        add(readers, catchUps, new NodeLogActor(catchUps, places.logs()));
    }

    private Journal journal(String name) {
        return new Journal(name, recorder);
    }

    private static void add(List<Workload> group, Journal journal, Actor actor) {
        group.add(new ThreadedWorkload(journal, actor));
    }

    /** Takes part from the start on, and comes to an end with those that write. */
    public void addWriter(Workload workload) {
        writers.add(workload);
    }

    /** Takes part from the start on, and comes to an end behind those that write. */
    public void addReader(Workload workload) {
        readers.add(workload);
    }

    public void start() {
        all().forEach(Workload::start);
    }

    /** @return whether all of them came to an end in time */
    public boolean endWriters(Duration patience) {
        return end(writers, patience);
    }

    /** @return whether all of them came to an end in time */
    public boolean endReaders(Duration patience) {
        return end(readers, patience);
    }

    private static boolean end(List<Workload> group, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        group.forEach(Workload::stop);
        boolean ended = true;
        for (var workload : group) {
            ended &= workload.drain(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        }
        return ended;
    }

    /** By workload. */
    public Map<String, Counts> counts() {
        var counts = new LinkedHashMap<String, Counts>();
        all().forEach(workload -> counts.merge(workload.name(), workload.counts(), Counts::plus));
        return counts;
    }

    /** Workloads that ended on a fault of their own. */
    public List<String> failures() {
        return all().flatMap(workload -> workload.failure().stream()
                        .map(failure -> "the workload " + workload.name() + " ended with " + failure))
                .toList();
    }

    private Stream<Workload> all() {
        return Stream.concat(writers.stream(), readers.stream());
    }

    /** Each partition that a final read has to be made of. */
    public List<TopicPartition> partitions() {
        return plan.topics().stream().flatMap(topic -> topic.all().stream()).toList();
    }

    @Override
    public void close() {
        all().forEach(Workload::close);
        nodes.close();
        watched.close();
        writing.close();
        reading.close();
    }
}
