package io.cordwood.cli.demo;

import io.cordwood.client.Consumer;
import io.cordwood.client.ConsumerListener;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;

/**
 * Reads a topic by a consumer group, whose members come one after the other: each new one takes its share
 * of the partitions over from those before it, while records come in.
 *
 * <p>Invariant: when the reading has ended, what was read is committed.
 *
 * <p>Thread: {@link #join} and {@link #close} by one at a time; each member polls on a thread of its own.
 */
final class GroupReading implements AutoCloseable {
    static final String GROUP = "demo-readers";

    private final CordwoodClient client;
    private final String topic;
    private final ReadLog log;
    private final ExecutorService threads;
    private final java.util.function.Consumer<String> notice;
    private final List<Consumer> members = new ArrayList<>();
    private final List<CompletableFuture<?>> loops = new ArrayList<>();

    GroupReading(
            CordwoodClient client,
            String topic,
            ReadLog log,
            ExecutorService threads,
            java.util.function.Consumer<String> notice) {
        this.client = client;
        this.topic = topic;
        this.log = log;
        this.threads = threads;
        this.notice = notice;
    }

    /** One more member, which reads until all has been read. */
    synchronized void join(String name) {
        var member = client.consumer(GROUP)
                .topics(topic)
                .name(name)
                .listener(listenerOf(name))
                .open();
        members.add(member);
        loops.add(CompletableFuture.runAsync(() -> read(name, member), threads));
    }

    /** Done when all members have read to the end, and committed it. */
    synchronized CompletableFuture<Void> ended() {
        return CompletableFuture.allOf(loops.toArray(CompletableFuture[]::new));
    }

    /** What the group has committed, by partition. */
    Map<Integer, Long> committed() {
        var offsets = new TreeMap<Integer, Long>();
        for (var partition : client.admin().groups().describe(GROUP).partitions()) {
            partition
                    .offset()
                    .ifPresent(offset -> offsets.put(partition.partition().partition(), offset));
        }
        return offsets;
    }

    /** All members leave. */
    @Override
    public synchronized void close() {
        members.forEach(Consumer::close);
    }

    private void read(String name, Consumer member) {
        new ReadLoop(name, member::poll, log).run();
        var unused = member.commit();
    }

    private ConsumerListener listenerOf(String name) {
        return new ConsumerListener() {
            @Override
            public void onAssigned(Collection<TopicPartition> partitions) {
                tell("was given", partitions);
            }

            @Override
            public void onRevoked(Collection<TopicPartition> partitions, Duration timeToFinish) {
                tell("hands over", partitions);
            }

            @Override
            public void onLost(Collection<TopicPartition> partitions) {
                log.lost(numbers(partitions));
                tell("was taken for dead and lost", partitions);
            }

            /** At the end they come and go as members leave. */
            private void tell(String what, Collection<TopicPartition> partitions) {
                if (!log.isOver()) {
                    notice.accept(name + " " + what + " partitions " + numbers(partitions));
                }
            }
        };
    }

    private static List<Integer> numbers(Collection<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::partition).sorted().toList();
    }
}
