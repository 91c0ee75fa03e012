package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.Compression;
import io.cordwood.client.PublishScript.Fate;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What coincides on the sender's thread, which a test has in its hands by its tasks. */
final class SenderTest {
    private static final Duration DELIVERY_TIMEOUT = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(10);

    private ScriptedCluster cluster;
    private CordwoodClient client;

    @BeforeEach
    void start() {
        cluster = ScriptedCluster.start(1);
        cluster.createTopic("orders", 1);
        client = cluster.connect();
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    /** A sender, and the buffer of the one partition. */
    private final class Line {
        private final SerialExecutor callbacks = new SerialExecutor(client.callbacks());
        private final BufferMemory memory = new BufferMemory(32 << 20);
        private final Sender sender;
        private final PartitionBuffer buffer;

        Line(boolean idempotent) {
            var config = new ProducerConfig(
                    Duration.ZERO,
                    ProducerConfig.BATCH_MIN_BYTES,
                    Compression.NONE,
                    idempotent,
                    32 << 20,
                    SOON,
                    DELIVERY_TIMEOUT,
                    1 << 20,
                    SOON);
            var topic = client.view().topic("orders").join();
            sender = new Sender(config, client, memory, callbacks);
            buffer = TopicBuffers.of("orders", topic, config, null).all().get(0);
            sender.start();
        }

        CompletableFuture<RecordMetadata> send(String value) {
            var sent = buffer.appendToNewBatch(new ProducerRecord("orders", null, value.getBytes(UTF_8)), 1, 0);
            sender.wake(buffer);
            return sent;
        }

        /** In one task, so that the thread finds the end of the stream before it finds that a batch has expired. */
        void endStreamWhenABatchHasExpired() {
            long created = System.nanoTime();
            var address =
                    HostPort.parse("node", requireNonNull(cluster.addresses().get(1)));
            sender.post(() -> {
                await().until(() -> System.nanoTime() - created > DELIVERY_TIMEOUT.toNanos());
                sender.streamTo(address).cancel(new CordwoodException(ErrorCode.NODE_UNREACHABLE, "reset"));
            });
        }

        void stop() {
            sender.stop(new CordwoodException(ErrorCode.CLIENT_CLOSED, "the test is over"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void streamThatEndsWhenABatchHasExpiredIsNotUsedAgain(boolean idempotent) {
        cluster.script("orders", (PublishScript) request -> request.count() == 1 ? Fate.IGNORE : Fate.ACCEPT);
        var line = new Line(idempotent);
        var first = line.send("first");
        await().until(() -> !cluster.requests("orders").isEmpty());

        line.endStreamWhenABatchHasExpired();

        assertThat(Failures.of(first).code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
        assertThat(line.send("second")).succeedsWithin(SOON);
        line.stop();
    }

    /** Nobody waits for ever for a thread that is no more. */
    @Test
    void faultOfTheThreadAnswersAllRecordsWhateverElseIsLeftToDo() {
        cluster.script("orders", (PublishScript) request -> Fate.IGNORE);
        var line = new Line(false);
        var first = line.send("first");
        await().until(() -> !cluster.requests("orders").isEmpty());

        line.sender.post(() -> {
            line.sender.post(() -> {
                throw new IllegalStateException("another one");
            });
            throw new IllegalStateException("a fault");
        });

        assertThat(Failures.of(first).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    }
}
