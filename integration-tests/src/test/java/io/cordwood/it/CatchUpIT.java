package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.ProducerRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A follower that was away for longer than the leader's raft log goes back. */
class CatchUpIT {
    private static final String TOPIC = "events";
    private static final Pattern BEGUN = Pattern.compile(
            "catches up with node \\d+: its raft log begins at \\(t:\\d+, i:(\\d+)\\), the own ends at raft index (-?\\d+)");
    private static final Pattern DONE = Pattern.compile("caught up to .*; (\\d+) install notifications");

    private static final long BULK_BYTES = 2L << 30;
    private static final int RECORD_BYTES = 1_000;
    private static final int RECORDS_PER_SECOND = 2_000;
    private static final int KILLS = 3;
    private static final double P99_ALLOWED_MS = 30;

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    @Tag("nightly")
    void followerBehindThePurgeCatchesUpUnderLoadAndThroughAKill() {
        var cluster = clusters.of(3)
                .withSettings(
                        "--log.segment-max-bytes=256KiB",
                        "--batch.max-bytes=256KiB",
                        "--raft.checkpoint-bytes=256KiB",
                        "--raft.checkpoint-interval=1s",
                        "--raft.segment-max-bytes=4KiB",
                        "--raft.preserved-entries=16",
                        "--catch-up.bytes-per-second=1MiB")
                .start();
        cluster.createTopic(TOPIC, 1);
        try (var load = Load.start(cluster, TOPIC, 3)) {
            load.awaitMore(1_000);
            int follower = killFollower(cluster);
            load.awaitMore(15_000);
            awaitPurge(cluster);

            cluster.begin(follower);
            killDuringCatchUp(cluster, follower, 512 << 10);
            cluster.begin(follower);
            awaitCaughtUp(cluster, follower);

            load.awaitMore(1_000);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.assertReplicasIdentical(TOPIC);
    }

    @Test
    @Tag("nightly")
    void catchUpOfTwoGigabytesHoldsUpNobody() {
        var cluster = clusters.of(3)
                .withJvmOptions("-XX:TieredStopAtLevel=4")
                .withSettings("--raft.segment-max-bytes=64KiB")
                .start();
        cluster.createTopic(TOPIC, 1);
        cluster.publish(TOPIC, 0, "before");
        int follower = killFollower(cluster);
        long records = 1 + publishBulk(cluster);
        try (var load = OpenLoop.start(cluster, TOPIC, RECORDS_PER_SECOND, RECORD_BYTES)) {
            load.await(Duration.ofSeconds(10));
            awaitPurge(cluster);
            load.p99Ms();
            load.await(Duration.ofSeconds(60));
            double before = load.p99Ms();

            long beganNanos = System.nanoTime();
            cluster.begin(follower);
            for (int kill = 1; kill <= KILLS; kill++) {
                killDuringCatchUp(cluster, follower, 256 << 20);
                cluster.begin(follower);
            }
            awaitCaughtUp(cluster, follower);
            double during = load.p99Ms();

            var took = Duration.ofNanos(System.nanoTime() - beganNanos);
            System.out.printf("p99 before %.1f ms, during the catch-up of %s %.1f ms%n", before, took, during);
            records += load.finish();
            assertThat(during).isLessThanOrEqualTo(Math.max(2 * before, P99_ALLOWED_MS));
        }
        assertThat(cluster.awaitSettled(TOPIC).get(0).end()).isEqualTo(records);
        for (int node : cluster.nodeIds()) {
            assertThat(cluster.replica(node, TOPIC, 0).differenceFrom(cluster.replica(follower, TOPIC, 0)))
                    .isEmpty();
        }
    }

    private static int killFollower(TestCluster cluster) {
        int leader = cluster.leaderOf(TOPIC, 0);
        int follower = cluster.nodeIds().stream()
                .filter(node -> node != leader)
                .findFirst()
                .orElseThrow();
        cluster.kill(follower);
        return follower;
    }

    /** Returns how many records it published. */
    private static long publishBulk(TestCluster cluster) {
        var value = new byte[RECORD_BYTES];
        long count = BULK_BYTES / RECORD_BYTES;
        var last = new ArrayList<CompletableFuture<?>>();
        try (var producer =
                cluster.client().producer().maxBlock(TestCluster.PATIENCE).open()) {
            for (long i = 0; i < count; i++) {
                var sent = producer.send(new ProducerRecord(TOPIC, 0, null, value));
                if (i % 1_000 == 0) {
                    last.add(sent);
                }
            }
            producer.flush();
        }
        // The replicas' ends say whether one is missing; these say why.
        CompletableFuture.allOf(last.toArray(CompletableFuture[]::new)).join();
        return count;
    }

    /**
     * Waits until the leader's raft log holds nothing any more that was there when this was called, but perhaps one entry; and once
     * more, for that one. Whoever is down by then lacks what is gone.
     */
    private static void awaitPurge(TestCluster cluster) {
        var log = RaftLogFiles.ofOnlyPartition(cluster.dataDirectory(cluster.leaderOf(TOPIC, 0)));
        for (int i = 0; i < 2; i++) {
            long newest = log.newestFileStart();
            TestCluster.soon().until(() -> log.firstIndex() > newest);
        }
    }

    private static void killDuringCatchUp(TestCluster cluster, int follower, long afterBytes) {
        var replica = cluster.replica(follower, TOPIC, 0);
        long goal = replica.sizeBytes() + afterBytes;
        long begun = BEGUN.matcher(cluster.logOf(follower)).results().count();
        TestCluster.soon()
                .until(() -> replica.sizeBytes() >= goal
                        && BEGUN.matcher(cluster.logOf(follower)).results().count() > begun);
        cluster.kill(follower);
        assertThat(DONE.matcher(cluster.logOf(follower)).find())
                .as("killed too late")
                .isFalse();
    }

    /** Also checks, by what the follower says itself, that each of its catch-ups was one. */
    private static void awaitCaughtUp(TestCluster cluster, int follower) {
        var done = TestCluster.soon().until(() -> DONE.matcher(cluster.logOf(follower)), found -> found.find());
        assertThat(Long.parseLong(done.group(1))).as("install notifications").isPositive();
        assertThat(BEGUN.matcher(cluster.logOf(follower)).results()).allSatisfy(begun -> {
            long leaderFirst = Long.parseLong(begun.group(1));
            long followerNext = Long.parseLong(begun.group(2)) + 1;
            assertThat(leaderFirst).as("the leader's first raft index").isGreaterThan(followerNext);
        });
    }
}
