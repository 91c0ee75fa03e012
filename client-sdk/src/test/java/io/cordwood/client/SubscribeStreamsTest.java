package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test is the reader. */
final class SubscribeStreamsTest {
    private static final Duration SECONDS = Duration.ofSeconds(10);

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private ScriptedCluster cluster;
    private CordwoodClient client;
    private SubscribeStreams streams;

    @BeforeEach
    void start() {
        cluster = ScriptedCluster.start(1);
        cluster.createTopic("orders", 1);
        client = cluster.connect();
        client.view().refresh("orders").join();
        streams = new SubscribeStreams(client, tasks, true);
        streams.share(64 << 10, 1);
    }

    @AfterEach
    void stop() {
        streams.close();
        client.close();
        cluster.close();
    }

    @Test
    void streamThatWasLeftKnowsOfNoPartition() {
        var reader = attached();
        var stream = Objects.requireNonNull(reader.stream());

        streams.restart(stream);

        assertThat(stream.readers()).isEmpty();
        assertThat(reader.stream()).isNull();
    }

    @Test
    void streamThatEndedKnowsOfNoPartition() throws InterruptedException {
        var reader = attached();
        var stream = Objects.requireNonNull(reader.stream());

        cluster.resetSubscribers();
        while (reader.stream() != null) {
            var task = tasks.poll(SECONDS.toMillis(), TimeUnit.MILLISECONDS);
            Objects.requireNonNull(task, "the end of the stream").run();
        }

        assertThat(stream.readers()).isEmpty();
    }

    private PartitionReader attached() {
        var reader = new PartitionReader(
                new TopicPartition("orders", 0), cluster.topic("orders").id, streams, changed -> {});
        reader.moveTo(0, false);
        reader.advance(System.nanoTime());
        Awaitility.await().atMost(SECONDS).until(() -> cluster.subscribers() == 1);
        return reader;
    }
}
