package io.cordwood.bench.consumers;

import io.cordwood.client.Consumer;
import io.cordwood.client.ConsumerListener;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.GroupDescription;
import io.cordwood.client.TopicPartition;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A group of consumers that read a topic while some partitions of each are written; one more joins, and
 * leaves again.
 *
 * <p>Invariant: a partition that any of those who were there before gave up, or lost, has moved.
 *
 * <p><b>Thread:</b> one; the consumers have theirs.
 */
final class Newcomer implements AutoCloseable {
    private static final String GROUP = "newcomer";
    private static final Duration ASK = Duration.ofMillis(100);
    /** Of quiet reading, before somebody joins. */
    private static final Duration BEFORE = Duration.ofSeconds(5);
    /** What may come of it, once everybody has his share. */
    private static final Duration AFTERMATH = Duration.ofSeconds(2);

    private final Supplier<CordwoodClient> clients;
    private final Readers readers;
    private final ReadingGaps gaps;
    private final AtomicInteger given = new AtomicInteger();
    private final Set<Integer> moved = ConcurrentHashMap.newKeySet();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final CordwoodClient admin;

    /**
     * Those who are there before.
     *
     * @param partitions of the topic
     */
    record Readers(String topic, int partitions, int count) {}

    /** @param clients each makes connections of its own; closed with this */
    Newcomer(Supplier<CordwoodClient> clients, Readers readers) {
        this.clients = clients;
        this.readers = readers;
        gaps = new ReadingGaps(readers.partitions());
        admin = clients.get();
        opened.add(admin);
    }

    /** To be told of every record that the topic has taken. */
    void acknowledged(int partition, long intendedNanos, long sentNanos, long acknowledgedNanos) {
        gaps.acknowledged(partition, acknowledgedNanos);
    }

    /** The consumers join, a few on each client, and share the partitions. */
    void begin(int clientCount) throws IOException, InterruptedException {
        var shared =
                IntStream.range(0, clientCount).mapToObj(i -> clients.get()).toList();
        opened.addAll(shared);
        for (int i = 0; i < readers.count(); i++) {
            var unused = open(shared.get(i % clientCount), watch());
        }
        awaitShared(readers.count());
    }

    /** Some partitions of each reader, as they are shared now. */
    List<Integer> someOfEach(int count) {
        var found = new TreeMap<String, List<Integer>>();
        for (var partition : admin.admin().groups().describe(GROUP).partitions()) {
            var some = found.computeIfAbsent(partition.owner(), first -> new ArrayList<>());
            if (some.size() < count) {
                some.add(partition.partition().partition());
            }
        }
        return found.values().stream().flatMap(List::stream).sorted().toList();
    }

    /**
     * One more comes, and goes.
     *
     * @param interval between two records of a partition: what stops behind one is not seen before the next one
     */
    void round(Figures figures, Duration interval) throws IOException, InterruptedException {
        Await.pass(BEFORE);
        given.set(0);
        moved.clear();
        long begin = System.nanoTime();
        try (var client = clients.get()) {
            var newcomer = open(client, ConsumerListener.none());
            awaitShared(readers.count() + 1);
            figures.add(Measure.JOIN, (System.nanoTime() - begin) / 1e9);
            Await.pass(AFTERMATH);
            long end = System.nanoTime();
            figures.add(Measure.MOVED, given.get());
            figures.add(Measure.GAP, longestMs(begin, end) + interval.toMillis());
            figures.add(Measure.GAP_BEFORE, longestMs(begin - BEFORE.toNanos(), begin) + interval.toMillis());
            newcomer.close();
        }
        awaitShared(readers.count());
    }

    private double longestMs(long from, long to) {
        return IntStream.range(0, readers.partitions())
                .filter(partition -> !moved.contains(partition))
                .mapToDouble(partition -> gaps.longestMs(partition, from, to))
                .max()
                .orElse(0);
    }

    private Consumer open(CordwoodClient client, ConsumerListener listener) {
        return client.consumer(GROUP)
                .topics(readers.topic())
                .listener(listener)
                .workers(1)
                .handle(record -> gaps.delivered(record.partition(), record.offset(), System.nanoTime()));
    }

    private ConsumerListener watch() {
        return new ConsumerListener() {
            @Override
            public void onRevoked(Collection<TopicPartition> partitions, Duration timeToFinish) {
                gone(partitions);
            }

            @Override
            public void onLost(Collection<TopicPartition> partitions) {
                gone(partitions);
            }

            private void gone(Collection<TopicPartition> partitions) {
                given.addAndGet(partitions.size());
                partitions.forEach(partition -> moved.add(partition.partition()));
            }
        };
    }

    /** Until the group is stable, and each of so many members has its share. */
    private void awaitShared(int members) throws IOException, InterruptedException {
        int least = readers.partitions() / members;
        int most = (readers.partitions() + members - 1) / members;
        Await.until("share of the partitions for each of " + members, ASK, () -> {
            var found = admin.admin().groups().describe(GROUP);
            return found.state() == GroupDescription.State.STABLE
                    && found.members().size() == members
                    && found.members().stream()
                            .allMatch(member -> member.partitionCount() >= least && member.partitionCount() <= most);
        });
    }

    @Override
    public void close() throws IOException {
        for (var each : opened) {
            try {
                each.close();
            } catch (Exception e) {
                throw new IOException("cannot close " + each, e);
            }
        }
    }
}
