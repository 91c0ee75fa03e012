package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Operation.ReplicaState;
import io.cordwood.client.TopicPartition;
import io.cordwood.it.SegmentFiles;
import io.cordwood.store.Batches;
import io.cordwood.store.OffsetRange;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each replica's state is its own. */
class ReplicaStatesTest {
    private static final TopicPartition PARTITION = new TopicPartition("records", 0);

    @TempDir
    Path directory;

    @Test
    void replicaWithoutTheBeginBeginsLater() throws IOException {
        var whole = state(files(1, 0, 4), 0, 4);
        var other = state(files(2, 2, 4), 0, 4);

        assertThat(whole.logStart()).isZero();
        assertThat(other.logStart()).isEqualTo(2);
        assertThat(other.hash()).isNotEqualTo(whole.hash());
    }

    /** Files are deleted some time after what they hold was dropped. */
    @Test
    void whatLiesBeforeTheLogStartIsNotCompared() throws IOException {
        assertThat(state(files(1, 0, 4), 2, 4)).isEqualTo(state(files(2, 2, 4), 2, 4));
    }

    @Test
    void replicaEndsWhereItSays() throws IOException {
        var files = files(1, 0, 4);

        assertThat(state(files, 0, 3).endOffset()).isEqualTo(3);
        assertThat(state(files, 0, 3).hash()).isNotEqualTo(state(files, 0, 4).hash());
    }

    @Test
    void replicaWithoutItsBatchesHasAHashOfItsOwn() throws IOException {
        assertThat(state(files(1, 0, 4), 0, 5).hash()).startsWith("none on node 1: ");
        assertThat(state(new SegmentFiles(directory.resolve("nowhere")), 0, 5).logStart())
                .isEqualTo(5);
        assertThat(state(files(2, 0, 0), 0, 0).hash()).doesNotStartWith("none");
    }

    private static ReplicaState state(SegmentFiles files, long start, long end) {
        return ReplicaStates.state(PARTITION, 1, new OffsetRange(start, end), files);
    }

    /** One file with a record per batch. */
    private SegmentFiles files(int number, long start, long end) throws IOException {
        var replica = Files.createDirectory(directory.resolve("n" + number));
        var file = replica.resolve(String.format("%020d.log", start));
        try (var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long offset = start; offset < end; offset++) {
                out.write(Batches.batch(offset, 1, 1, "value " + offset));
            }
        }
        return new SegmentFiles(replica);
    }
}
