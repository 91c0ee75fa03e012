package io.cordwood.bench.restart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.store.ActiveSegmentInfo;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.NioDisk;
import io.cordwood.store.PartitionId;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentHash;
import io.cordwood.store.SegmentTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogOnDiskTest {
    @TempDir
    private Path data;

    private Path directory;

    @BeforeEach
    void writeSegments() throws IOException {
        directory = Files.createDirectories(data.resolve("partitions").resolve("some-0"));
        writeSegment(0, 700);
        writeSegment(10, 500);
        writeSegment(20, 300);
    }

    @Test
    void lastFileIsTheActiveOne() throws IOException {
        var log = LogOnDisk.read(LogOnDisk.onlyPartition(data));

        assertThat(log.sealedBytes()).isEqualTo(1200);
        assertThat(log.activeBytes()).isEqualTo(300);
    }

    @Test
    void withoutCheckpointAllIsBehindIt() throws IOException {
        var log = LogOnDisk.read(directory);

        assertThat(log.behindCheckpointBytes()).isEqualTo(1500);
        assertThat(log.sealedAreListed()).isFalse();
    }

    @Test
    void whatTheCheckpointKnowsIsNotBehindIt() throws IOException {
        writeCheckpoint(List.of(sealed(0, 10, 700)), new ActiveSegmentInfo(10, 0, 400, -1));

        var log = LogOnDisk.read(directory);

        assertThat(log.behindCheckpointBytes()).isEqualTo(400);
        assertThat(log.sealedAreListed()).isFalse();
    }

    @Test
    void checkpointMayListAllThatIsSealed() throws IOException {
        writeCheckpoint(List.of(sealed(0, 10, 700), sealed(10, 20, 500)), new ActiveSegmentInfo(20, 0, 250, -1));

        var log = LogOnDisk.read(directory);

        assertThat(log.behindCheckpointBytes()).isEqualTo(50);
        assertThat(log.sealedAreListed()).isTrue();
    }

    @Test
    void secondPartitionIsAnError() throws IOException {
        Files.createDirectories(data.resolve("partitions").resolve("some-1"));

        assertThatThrownBy(() -> LogOnDisk.onlyPartition(data)).isInstanceOf(IOException.class);
    }

    private void writeSegment(long baseOffset, int sizeBytes) throws IOException {
        Files.write(directory.resolve("%020d.log".formatted(baseOffset)), new byte[sizeBytes]);
    }

    private static SealedSegment sealed(long baseOffset, long endOffset, long sizeBytes) {
        return new SealedSegment(baseOffset, endOffset, sizeBytes, -1, SegmentHash.NONE, 0);
    }

    private void writeCheckpoint(List<SealedSegment> sealed, ActiveSegmentInfo active) throws IOException {
        var checkpoint = new Checkpoint(
                new PartitionId(new UUID(1, 2), 0),
                1,
                9,
                25,
                0,
                0,
                List.of(),
                List.of(),
                SegmentTable.of(sealed, active));
        CheckpointFile.write(new NioDisk(), directory, checkpoint);
    }
}
