package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.client.CordwoodClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/**
 * All workloads of a run: those that write, which come to an end first, and those that read and watch.
 *
 * <p><b>Thread:</b> the run's.
 */
public final class Workloads implements AutoCloseable {
    /** Who notes what was planned. */
    private static final String PROCESS = "workloads";

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
    /** Of the topics that get more of them. */
    private final Map<String, PartitionCount> partitionCounts = new TreeMap<>();

    /** Names of readers by topic. */
    private final Map<String, List<String>> readersOf = new TreeMap<>();

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
        plan.growing().forEach(topic -> partitionCounts.put(topic.topic(), count(topic)));
        addWriters();
        addReaders();
    }

    private static CordwoodClient client(List<String> addresses) {
        return CordwoodClient.builder()
                .bootstrap(addresses)
                .requestTimeout(REQUEST_TIMEOUT)
                .build();
    }

    private PartitionCount count(TopicPartitions topic) {
        return new PartitionCount(topic.count(), () -> reading.admin().topicAsync(topic.topic()), System::nanoTime);
    }

    /** How many partitions a topic has now. */
    private IntSupplier partitionsOf(TopicPartitions topic) {
        var count = partitionCounts.get(topic.topic());
        return count == null ? topic::count : count;
    }

    private void addWriters() {
        double each = (double) plan.recordsPerSecond() / (plan.idempotentProducers() + plan.plainProducers());
        for (int i = 0; i < plan.idempotentProducers(); i++) {
            addProducer("producer-" + i, each, true, i % 2 == 0 ? PATIENT : IMPATIENT);
        }
        for (int i = 0; i < plan.plainProducers(); i++) {
            addProducer("plain-" + i, each, false, IMPATIENT);
        }
        for (int i = 0; i < plan.appenders(); i++) {
            addAppender("conditional-" + i, plan.registers(), seed + i);
        }
        for (var topic : plan.growing()) {
            addAppender("conditional-of-" + topic.topic(), topic, seed);
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

    private void addAppender(String name, TopicPartitions topic, long itsSeed) {
        var journal = journal(name);
        var payload = new Payload(plan.recordBytes());
        var values = new ConditionalActor.Values(topic.topic(), partitionsOf(topic), payload);
        add(writers, journal, new ConditionalActor(nodes, journal, values, itsSeed));
    }

    private void addReaders() {
        for (int i = 0; i < plan.readers(); i++) {
            if (i % 2 == 0) {
                var journal = journal("subscriber-" + i / 2);
                addReader(plan.records(), journal, new SubscribeActor(nodes, journal, plan.records(), seed + i));
            } else {
                var journal = journal("tail-" + i / 2);
                addReader(plan.records(), journal, new TailActor(reading, journal, plan.records()));
            }
        }
        for (var topic : List.of(plan.records(), plan.registers())) {
            var tail = journal("tail-of-" + topic.topic());
            addReader(topic, tail, new TailActor(reading, tail, topic));
        }
        for (var topic : plan.topics()) {
            var rescan = journal("rescan-of-" + topic.topic());
            addReader(topic, rescan, new RescanActor(nodes, rescan, topic.topic(), partitionsOf(topic), seed));
        }
        var ends = journal("end-of-registers");
        add(readers, ends, new EndOffsetActor(nodes, ends, plan.registers().all(), seed));
        var allEnds = journal("end-of-any");
        var all = plan.topics().stream().flatMap(topic -> topic.all().stream()).toList();
        add(readers, allEnds, new EndOffsetActor(nodes, allEnds, all, seed + 1));
        addWatchers();
    }

    private void addReader(TopicPartitions topic, Journal journal, Actor actor) {
        add(readers, journal, actor);
        readersOf.computeIfAbsent(topic.topic(), unused -> new ArrayList<>()).add(journal.name());
    }

    private void addWatchers() {
        var leaders = journal("leaders");
        add(readers, leaders, new LeaderActor(watched, leaders, plan.topicNames()));
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

    /** Notes what is to be seen of them, and starts them. */
    public void start() {
        var nodeIds = places.http().keySet().stream().sorted().toList();
        for (var topic : plan.topics()) {
            var planned = new Operation.Planned(
                    topic.topic(),
                    topic.count(),
                    WorkloadPlan.REPLICAS,
                    nodeIds,
                    readersOf.getOrDefault(topic.topic(), List.of()));
            recorder.note(PROCESS, planned, "");
        }
        all().forEach(Workload::start);
    }

    /** @return those that did not come to an end in time, for people; none where all did */
    public List<String> endWriters(Duration patience) {
        return end(writers, patience);
    }

    /** @return those that did not come to an end in time, for people; none where all did */
    public List<String> endReaders(Duration patience) {
        return end(readers, patience);
    }

    static List<String> end(List<Workload> group, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        group.forEach(Workload::stop);
        var left = new ArrayList<String>();
        for (var workload : group) {
            if (!workload.drain(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                left.add(workload.name() + " with " + workload.counts().underWay() + " under way");
            }
        }
        return left;
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

    /** With all partitions that they have got meanwhile: a final read has to be made of each. */
    public List<TopicPartitions> topics() {
        return plan.topics().stream()
                .map(topic -> new TopicPartitions(topic.topic(), partitionsInTheEnd(topic)))
                .toList();
    }

    private int partitionsInTheEnd(TopicPartitions topic) {
        if (plan.growing().contains(topic)) {
            return reading.admin().topic(topic.topic()).partitionCount();
        }
        return topic.count();
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
