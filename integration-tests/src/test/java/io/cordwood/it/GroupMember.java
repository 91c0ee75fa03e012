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
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that is a member of a group, and writes down what it handles: one line for each record, as soon
 * as it has it.
 *
 * <p><b>Thread:</b> main; the journal is written by the consumer's.
 */
final class GroupMember {
    private static final String HANDLED = "handled ";
    private static final String LOST = "lost ";
    private static final String SLOW_KEY = "key-0";

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
                    .listener(new ConsumerListener() {
                        @Override
                        public void onLost(Collection<TopicPartition> partitions) {
                            write(journal, LOST + partitions);
                        }
                    })
                    .handle(record -> {
                        if (ordering == Ordering.PER_KEY) {
                            work(record);
                        }
                        write(journal, HANDLED + record.valueText());
                    })
                    .ended()
                    .join();
        }
    }

    /** Takes 10 ms, and ten times that for the first key: others overtake it. */
    private static void work(ConsumedRecord record) {
        long nanos = TimeUnit.MILLISECONDS.toNanos(Objects.equals(record.keyText(), SLOW_KEY) ? 100 : 10);
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
