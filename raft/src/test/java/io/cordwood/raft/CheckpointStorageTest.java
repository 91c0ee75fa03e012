package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.Optional;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;

class CheckpointStorageTest {
    @Test
    void olderCheckpointThatIsReportedLaterDoesNotCount() {
        var storage = new CheckpointStorage(Optional.empty());
        assertThat(storage.getLatestSnapshot()).isNull();
        storage.taken(TermIndex.valueOf(2, 50));

        storage.taken(TermIndex.valueOf(2, 49));

        assertThat(newest(storage)).isEqualTo(TermIndex.valueOf(2, 50));
        storage.taken(TermIndex.valueOf(3, 51));
        assertThat(newest(storage)).isEqualTo(TermIndex.valueOf(3, 51));
    }

    private static TermIndex newest(CheckpointStorage storage) {
        return Objects.requireNonNull(storage.getLatestSnapshot()).getTermIndex();
    }
}
