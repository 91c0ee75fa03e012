package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.ProducerRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One node after the other is stopped and started again, each when {@code cluster rolling-check} says so. */
class RollingRestartIT {
    private static final String TOPIC = "orders";
    private static final String CHECKED = "checked";
    /** Sent before the last of them is waited for, which takes the linger time and more. */
    private static final int TOGETHER = 10;

    private static final Duration STOP_WITHIN = Duration.ofSeconds(30);

    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static @Nullable TestCluster shared;

    @BeforeAll
    static void startCluster() {
        shared = CLUSTERS.of(3).start();
    }

    /** Whole again after each test. */
    private static TestCluster cluster() {
        return Objects.requireNonNull(shared);
    }

    @Test
    void nodeMayBeStoppedWhereTheOthersGoOnWithoutIt() {
        var cluster = cluster();
        cluster.createTopic(CHECKED, 1);
        cluster.publish(CHECKED, 0, "a");
        cluster.awaitSettled(CHECKED);

        var whole = check(cluster, "1", "--wait", "1m");
        assertThat(whole.exitCode()).as(whole.toString()).isZero();
        assertThat(whole.out()).isEqualTo("node 1 may stop\n");
        assertThat(check(cluster, "4").exitCode()).isEqualTo(3);

        cluster.stop(2);
        var without = check(cluster, "1");
        assertThat(without.exitCode()).as(without.toString()).isEqualTo(1);
        assertThat(without.out()).startsWith("node 1 may not stop now\n").contains("checked-0", "node 2");
        assertThat(check(cluster, "1", "-o", "json").out()).contains("\"mayStop\":false", "\"reasons\":[\"");

        cluster.restart(2);
        assertThat(check(cluster, "1", "--wait", "1m").exitCode()).isZero();
    }

    @Test
    @Tag("nightly")
    void rollingRestartUnderLoadLosesNothingAndTellsThePublisherNothing() throws Exception {
        var cluster = cluster();
        cluster.createTopic(TOPIC, 3);
        var stopped = new AtomicBoolean();
        var load = CompletableFuture.supplyAsync(() -> publishUntil(cluster, stopped));

        for (int node : cluster.nodeIds()) {
            var may = check(cluster, Integer.toString(node), "--wait", "1m");
            assertThat(may.exitCode()).as(may.toString()).isZero();
            long begin = System.nanoTime();
            cluster.stop(node);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(STOP_WITHIN);
            assertThat(cluster.logOf(node)).contains("node " + node + " stopped");
            cluster.restart(node);
        }
        stopped.set(true);

        var sent = load.get(1, TimeUnit.MINUTES);
        assertThat(sent).hasSizeGreaterThan(100);
        // Sorted, because looking for each one in any order takes the square of them.
        assertThat(cluster.readAll(TOPIC).stream()
                        .map(record -> record.valueText())
                        .sorted()
                        .toList())
                .isEqualTo(sent.stream().sorted().toList());
    }

    /** One record after the other; none may fail. */
    private static List<String> publishUntil(TestCluster cluster, AtomicBoolean stopped) {
        var sent = new ArrayList<String>();
        var acks = new ArrayList<CompletableFuture<?>>();
        try (var producer =
                cluster.client().producer().linger(Duration.ofMillis(20)).open()) {
            while (!stopped.get()) {
                var value = "value " + sent.size();
                sent.add(value);
                acks.add(producer.send(
                        new ProducerRecord(TOPIC, sent.size() % 3, null, value.getBytes(StandardCharsets.UTF_8))));
                if (sent.size() % TOGETHER == 0) {
                    acks.get(acks.size() - 1).join();
                }
            }
            acks.forEach(CompletableFuture::join);
        }
        return sent;
    }

    private static Command.Result check(TestCluster cluster, String... arguments) {
        var words = new ArrayList<>(List.of("cluster", "rolling-check", "--bootstrap", cluster.bootstrap()));
        words.addAll(List.of(arguments));
        return Command.cordwood(words.toArray(String[]::new))
                .withTimeout(Duration.ofMinutes(2))
                .run();
    }
}
