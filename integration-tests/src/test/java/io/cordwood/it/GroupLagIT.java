package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.cordwood.cli.Cordwood;
import io.cordwood.client.Cause;
import io.cordwood.client.CauseCode;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.Explained;
import io.cordwood.client.PartitionLag;
import io.cordwood.client.TopicPartition;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * How far a group is behind, and what holds it back, beside what its members and producers know of that.
 */
class GroupLagIT {
    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static final int PARTITIONS = 3;
    private static final int SAMPLES = 30;
    /** From then on a tenth of the age is more than what a look may take. */
    private static final long OLD_MS = 2_000;

    private static @Nullable TestCluster cluster;

    @BeforeAll
    static void startCluster() {
        cluster = CLUSTERS.of(3).start();
    }

    @Test
    void eachSampleLiesBetweenTheCountsBeforeAndAfterAndItsAgeIsThatOfTheNextRecord() throws IOException {
        var topic = "watched";
        cluster().createTopic(topic, PARTITIONS);
        try (var group = new CountedGroup(cluster().client(), topic, PARTITIONS)) {
            TestCluster.soon().until(group::hasCommittedEverywhere);
            var watch = watch(topic);
            try (var lines =
                    new BufferedReader(new InputStreamReader(watch.getInputStream(), StandardCharsets.UTF_8))) {
                int ages = 0;
                for (int sample = 0; sample < SAMPLES || ages < SAMPLES; sample++) {
                    ages += check(group, Objects.requireNonNull(lines.readLine(), "the command has ended"));
                }
            } finally {
                watch.destroyForcibly();
            }
        }
    }

    /** @return how many ages were old enough to be compared */
    private static int check(CountedGroup group, String line) {
        var sample = JsonParser.parseString(line).getAsJsonObject();
        var begin = Instant.parse(sample.get("time").getAsString());
        var end = Instant.now();
        int ages = 0;
        assertThat(sample.getAsJsonArray("partitions")).hasSize(PARTITIONS);
        for (var each : sample.getAsJsonArray("partitions")) {
            var lag = each.getAsJsonObject();
            var bounds = group.lagSince(begin, lag.get("partition").getAsInt());
            assertThat(lag.get("records").getAsLong()).as(line).isBetween(bounds.min(), bounds.max());
            ages += checkAge(group, lag, begin, end) ? 1 : 0;
        }
        return ages;
    }

    private static boolean checkAge(CountedGroup group, JsonObject lag, Instant begin, Instant end) {
        if (!lag.has("ageMs") || !lag.has("offset")) {
            return false;
        }
        long age = lag.get("ageMs").getAsLong();
        long sent = group.sentMillis(
                lag.get("partition").getAsInt(), lag.get("offset").getAsLong());
        assertThat((double) age)
                .as("%s between %s and %s, sent at %s", lag, begin, end, Instant.ofEpochMilli(sent))
                .isBetween(0.9 * (begin.toEpochMilli() - sent), 1.1 * (end.toEpochMilli() - sent) + 1);
        return age >= OLD_MS;
    }

    @Test
    void pausedPartitionAndSlowHandlerAreRecognisedAndSoIsAGroupWithoutMembers() {
        var topic = "explained";
        cluster().createTopic(topic, 2);
        var slow = new TopicPartition(topic, 0);
        var paused = new TopicPartition(topic, 1);
        var latch = new CountDownLatch(1);
        try (var consumer = cluster().client().consumer(topic).topics(topic).handle(record -> latch.await())) {
            TestCluster.soon().until(() -> consumer.progress().size() == 2);
            consumer.pause(Set.of(paused));
            cluster().publish(topic, 0, "a", "b");
            cluster().publish(topic, 1, "c", "d", "e");

            awaitCause(Explained.group(topic), CauseCode.SLOW_HANDLER, slow);
            awaitCause(Explained.group(topic, paused), CauseCode.PAUSED, paused);
            assertThat(explain(Explained.group(topic, paused)))
                    .extracting(Cause::code)
                    .doesNotContain(CauseCode.SLOW_HANDLER, CauseCode.NO_MEMBER);
            assertThat(lag(topic)).extracting(PartitionLag::records).containsExactly(2L, 3L);
            assertThat(cordwood("group", "explain", topic)).contains("[PAUSED]", "[SLOW_HANDLER]");
            latch.countDown();
        }
        awaitCause(Explained.group(topic), CauseCode.NO_MEMBER, null);
        assertThat(cordwood("group", "lag", topic, "-t", topic, "-p", "1")).contains("explained");
        var missing = Command.cordwood(
                        "group",
                        "lag",
                        topic,
                        "-t",
                        topic,
                        "-p",
                        "9",
                        "--bootstrap",
                        cluster().bootstrap())
                .run();
        assertThat(missing.exitCode()).as("%s", missing).isEqualTo(3);
    }

    @Test
    void whyAConsumerGaveUpIsSaidAfterItHasLeft() {
        var topic = "given-up";
        cluster().createTopic(topic, 1);
        var partition = new TopicPartition(topic, 0);
        cluster().publish(topic, 0, "a", "b", "c");
        try (var consumer = cluster().client().consumer(topic).topics(topic).handle(GroupLagIT::failAtSecond)) {
            TestCluster.soon().until(() -> consumer.ended().isCompletedExceptionally());
        }

        awaitCause(Explained.group(topic), CauseCode.NO_MEMBER, null);
        assertThat(explain(Explained.group(topic)))
                .filteredOn(cause -> cause.code() == CauseCode.STOPPED)
                .singleElement()
                .satisfies(cause -> {
                    assertThat(cause.partition()).hasValue(0);
                    assertThat(cause.sentence()).contains("stopped at offset 1 and left", "no such account");
                });
        try (var next = cluster().client().consumer(topic).topics(topic).handle(record -> {})) {
            TestCluster.soon().until(() -> next.progress().size() == 1);
            TestCluster.soon()
                    .until(() -> explain(Explained.group(topic, partition)).isEmpty());
        }
    }

    private static void failAtSecond(ConsumedRecord record) {
        if (record.offset() == 1) {
            throw new IllegalStateException("no such account");
        }
    }

    private static void awaitCause(Explained subject, CauseCode code, @Nullable TopicPartition partition) {
        TestCluster.soon()
                .until(() -> explain(subject).stream()
                        .anyMatch(cause -> cause.code() == code
                                && (partition == null
                                        || (cause.topic().equals(partition.topic())
                                                && cause.partition().orElse(-1) == partition.partition()))));
    }

    private static List<Cause> explain(Explained subject) {
        return cluster().admin().explain(subject).causes();
    }

    private static List<PartitionLag> lag(String group) {
        return cluster().admin().groups().lag(group);
    }

    private static String cordwood(String... arguments) {
        var words = new String[arguments.length + 2];
        System.arraycopy(arguments, 0, words, 0, arguments.length);
        words[arguments.length] = "--bootstrap";
        words[arguments.length + 1] = cluster().bootstrap();
        var result = Command.cordwood(words).run();
        assertThat(result.exitCode()).as("%s", result).isZero();
        return result.out();
    }

    /** The command in a process of its own, whose lines come while it runs. */
    private static Process watch(String group) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Cordwood.class.getName(),
                        "group",
                        "lag",
                        group,
                        "--watch",
                        "--interval",
                        Duration.ofMillis(200).toMillis() + "ms",
                        "-o",
                        "json",
                        "--bootstrap",
                        cluster().bootstrap())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }
}
