package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage in files that compaction wrote: the raft log says what they must be. */
class CompactedScrubTest {
    @TempDir
    Path directory;

    private CompactedCluster compacted;

    @BeforeEach
    void start() throws Exception {
        compacted = CompactedCluster.start(directory);
        compacted.publish(60, 10);
        compacted.compactAll();
        compacted.awaitSameFiles();
    }

    @AfterEach
    void close() {
        compacted.close();
    }

    @Tag("nightly")
    @Test
    void filesOfTheMajorityAreRepairedWhereTheyAreNotThoseOfTheRaftLog() throws Exception {
        var original = compacted.cluster.node(3).segmentContents();
        var name = original.keySet().stream()
                .filter(file -> file.endsWith(".1.log"))
                .findFirst()
                .orElseThrow();
        for (var node : compacted.cluster.othersThan(compacted.cluster.node(3))) {
            var bytes = Files.readAllBytes(node.partition().resolve(name));
            bytes[12] ^= 1; // of the leader epoch, alike on both
            Files.write(node.partition().resolve(name), bytes);
        }

        await().atMost(PATIENCE).untilAsserted(() -> {
            for (var node : compacted.cluster.nodes()) {
                node.scrub();
            }
            for (var node : compacted.cluster.nodes()) {
                assertThat(node.segmentContents()).isEqualTo(original);
                assertThat(node.scrubCounters().unrepaired()).isZero();
            }
        });
        compacted.assertCompacted();
    }

    @Test
    void compactionGoesOnBesideTheLooks() throws Exception {
        compactBesideLooks(1);
    }

    @Tag("nightly")
    @Test
    void manyCompactionsGoOnBesideTheLooks() throws Exception {
        compactBesideLooks(6);
    }

    private void compactBesideLooks(int passes) throws Exception {
        var done = new AtomicBoolean();
        var looks = CompletableFuture.runAsync(() -> {
            while (!done.get()) {
                compacted.cluster.nodes().forEach(PartitionNodeFixture::scrub);
            }
        });
        for (int i = 0; i < passes; i++) {
            compacted.publish(30, 10);
            compacted.compactAll();
            compacted.awaitSameFiles();
        }
        done.set(true);
        looks.join();

        compacted.assertCompacted();
        for (var node : compacted.cluster.nodes()) {
            assertThat(node.scrubCounters().findings()).isZero();
        }
    }
}
