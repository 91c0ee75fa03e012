package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.store.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A start of a node that cannot make the files of a pass any more, as after an upgrade of a codec's library, and nobody else has. */
class CompactionRestartTest {
    @TempDir
    Path directory;

    private CompactedCluster compacted;
    private PartitionNodeFixture node;

    /** No checkpoint covers the pass, and the node that made it is killed. */
    @BeforeEach
    void makeAPass() throws IOException {
        compacted = CompactedCluster.start(directory, 1);
        node = compacted.cluster.node(1);
        compacted.publish(40, 10);
        compacted.compactAll();
        node.kill();
        assertThat(rewritten()).isNotEmpty();
        node.disk.refuseWritesTo(".log.tmp");
    }

    @AfterEach
    void close() {
        compacted.close();
    }

    private List<Path> rewritten() throws IOException {
        try (var files = Files.list(node.partition())) {
            return files.filter(file -> file.toString().endsWith(".1.log")).toList();
        }
    }

    private void startAndApply() throws IOException {
        node.start();
        await().atMost(PATIENCE)
                .until(() -> compacted.cluster.leader().replica().compactionPending());
    }

    @Test
    void filesThatAnEntryNamesAreTakenAndOthersGo() throws Exception {
        var unnamed = node.partition().resolve("00000000000000000000.9.log");
        startAndApply();
        Files.createFile(unnamed); // such as a trim or a lost leader left it

        compacted.compactAll();

        compacted.assertCompacted();
        assertThat(unnamed).exists();
        compacted.publish(1, 3); // a checkpoint stands one entry behind what is applied
        node.takeCheckpoint();
        assertThat(CheckpointFile.read(node.disk, node.partition()))
                .hasValueSatisfying(
                        checkpoint -> assertThat(checkpoint.compactedEnd()).isPositive());
        node.replica().deleteTrimmed();
        compacted.tick(node);
        assertThat(unnamed).doesNotExist();
        assertThat(rewritten()).isNotEmpty();
        compacted.assertCompacted();
    }

    @Test
    void filesThatNobodyHasAreSpokenOfUntilSomebodyHasThem() throws Exception {
        for (var file : rewritten()) {
            Files.delete(file);
        }
        startAndApply();

        compacted.tick(node);

        var status = node.replica().compaction();
        assertThat(status.running()).isFalse();
        assertThat(status.pendingMs()).isPresent();
        assertThat(status.retryMs()).isPresent();
        assertThat(status.lastError()).contains("no other replica", "version");
        node.disk.refuseWritesTo("\0");
        compacted.compactAll();
        assertThat(node.replica().compaction().pendingMs()).isEmpty();
        compacted.assertCompacted();
    }

    @Test
    void keysForWhichTheHeapHasNoRoomAreNotTaken() throws Exception {
        for (var file : rewritten()) {
            Files.delete(file);
        }
        node.disk.refuseWritesTo("\0");
        compacted.limit(node, new CompactionLimits(1, 1 << 30));
        compacted.freeHeapBytes = 0;
        startAndApply();

        compacted.tick(node);

        assertThat(node.replica().compaction().lastError()).contains("compaction.key-bytes is 1", "there is none");
        assertThat(rewritten()).isEmpty();
        compacted.freeHeapBytes = 1 << 20;
        compacted.tick(node);
        assertThat(node.replica().compactionPending()).isFalse();
        assertThat(rewritten()).isNotEmpty();
        compacted.assertCompacted();
    }
}
