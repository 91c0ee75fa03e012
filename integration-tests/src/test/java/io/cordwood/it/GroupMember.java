package io.cordwood.it;

import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.ConsumerListener;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Ordering;
import io.cordwood.client.TopicPartition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that is a member of a group and commits often. It writes down what it handles: one line when it
 * begins a record and one when it is done with it, each as soon as that is so.
 *
 * <p><b>Thread:</b> main; the journal is written by the consumer's.
 */
final class GroupMember {
    static final String BEGUN = "begun ";
    static final String HANDLED = "handled ";
    private static final String LOST = "lost ";
    /** Keys that take turns should be fewer, so that one of them has a quick record behind a slow one. */
    private static final int SLOW_ONE_OF = 100;

    private static final Duration SLOW = Duration.ofMillis(100);
    private static final Duration QUICK = Duration.ofMillis(10);
    private static final Duration COMMIT_INTERVAL = Duration.ofMillis(50);

    private GroupMember() {}

    /**
     * @param arguments bootstrap addresses, name of the group, of the topic, the journal's file and the
     * ordering
     */
    public static void main(String[] arguments) {
        var journal = Path.of(arguments[3]);
        var ordering = Ordering.valueOf(arguments[4]);
        try (var client = CordwoodClient.connect(arguments[0].split(",", -1))) {
            client.consumer(arguments[1])
                    .topics(arguments[2])
                    .name(journal.getFileName().toString())
                    .ordering(ordering)
                    .commitInterval(COMMIT_INTERVAL)
                    .listener(new ConsumerListener() {
                        @Override
                        public void onLost(Collection<TopicPartition> partitions) {
                            write(journal, LOST + partitions);
                        }
                    })
                    .handle(record -> {
                        if (ordering == Ordering.PER_KEY) {
                            write(journal, BEGUN + record.valueText());
                            work(record);
                        }
                        write(journal, HANDLED + record.valueText());
                    })
                    .ended()
                    .join();
        }
    }

    /** Some take so long that others overtake them. */
    private static void work(ConsumedRecord record) {
        long nanos = (record.offset() % SLOW_ONE_OF == 0 ? SLOW : QUICK).toNanos();
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void write(Path journal, String line) {
        try {
            Files.writeString(journal, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Such a process, as a test sees it. */
    static final class Handle {
        private final Process process;
        private final Path journal;

        private Handle(Process process, Path journal) {
            this.process = process;
            this.journal = journal;
        }

        /** SIGKILL; returns when the process is gone. */
        void kill() {
            process.destroyForcibly();
            process.onExit().join();
        }

        List<String> handled() {
            return lines(HANDLED);
        }

        List<String> lost() {
            return lines(LOST);
        }

        /** All lines, in their order. */
        List<String> journal() {
            return lines("");
        }

        private List<String> lines(String beginning) {
            try {
                return !Files.exists(journal)
                        ? List.of()
                        : Files.readAllLines(journal).stream()
                                .filter(line -> line.startsWith(beginning))
                                .map(line -> line.substring(beginning.length()))
                                .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static Handle start(TestCluster cluster, String name, String group, String topic, Ordering ordering) {
        var journal = cluster.directory().resolve(name);
        var output = cluster.directory().resolve(name + ".log").toFile();
        try {
            var process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            GroupMember.class.getName(),
                            cluster.bootstrap(),
                            group,
                            topic,
                            journal.toString(),
                            ordering.name())
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start();
            return new Handle(process, journal);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
