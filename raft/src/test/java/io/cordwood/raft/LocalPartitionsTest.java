package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.ratis.protocol.RaftGroupId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPartitionsTest {
    private static final UUID GROUP = UUID.randomUUID();
    private static final RaftGroupId ID = RaftGroupId.valueOf(GROUP);
    private static final PartitionGroup JOINED_AT_TEN = PartitionGroup.joining(
                    GROUP, new GroupPlacement(UUID.randomUUID(), "orders", 0, 0, List.of(1, 2, 3), new TreeMap<>()), 10)
            .markedCreated();

    @TempDir
    Path directory;

    private final CountingHost host = new CountingHost();
    private GroupFiles files;
    private LocalPartitions partitions;

    @BeforeEach
    void open() throws IOException {
        var disk = new NioDisk();
        files = new GroupFiles(disk, directory);
        try (var world = new NodeWorld(directory, 1)) {
            var config = world.config(1, world.list(1), directory);
            partitions = new LocalPartitions(disk, config, files, host, files.readAll());
        }
    }

    /** Its raft log and its group file may both be gone: it may be a member, and was fed in part. */
    @Test
    void whatAppliedEntriesHasJoinedThoughNoFileIsLeft() throws IOException {
        assertThat(partitions.hasJoined(GROUP, 10)).isFalse();
        host.floors.add(ID);

        assertThat(partitions.hasJoined(GROUP, 10)).isTrue();
        partitions.reportedLost(GROUP, 12);
        assertThat(partitions.hasJoined(GROUP, 10))
                .as("the report may come to nothing")
                .isTrue();
        assertThat(partitions.hasJoined(GROUP, 14)).as("begun after the report").isFalse();
        assertThat(host.floors).isEmpty();
    }

    @Test
    void lossThatIsKnownIsNoJoiningAnyMore() throws IOException {
        host.floors.add(ID);

        partitions.lossIsKnown(GROUP);

        assertThat(partitions.hasJoined(GROUP, 14)).isFalse();
    }

    @Test
    void whatLeftWithoutBeingOpenIsForgottenAndWhatIsHereIsNot() throws IOException {
        var wanted = RaftGroupId.randomId();
        var onDisk = RaftGroupId.randomId();
        var gone = RaftGroupId.randomId();
        partitions.write(JOINED_AT_TEN);
        Files.createDirectories(
                directory.resolve("raft").resolve(onDisk.getUuid().toString()));
        host.floors.addAll(List.of(ID, wanted, onDisk, gone));

        partitions.forgetGone(wanted.getUuid()::equals);

        assertThat(host.floors).containsExactlyInAnyOrder(ID, wanted, onDisk);
        assertThat(partitions.hasJoined(gone.getUuid(), 14)).isFalse();
    }

    @Test
    void groupFileTellsOfItsOwnJoiningOnly() throws IOException {
        partitions.write(JOINED_AT_TEN);

        assertThat(partitions.hasJoined(GROUP, 10)).isTrue();
        assertThat(partitions.hasJoined(GROUP, 11)).isFalse();
    }

    @Test
    void damagedGroupFileOfAReplicaSetAsideHoldsUpOneJoiningOnly() throws IOException {
        var setAside = directory.resolve("quarantine").resolve(GROUP.toString()).resolve("partition");
        Files.createDirectories(setAside);
        Files.writeString(setAside.resolve("group"), "no group file, and long enough to be one");

        assertThat(partitions.hasJoined(GROUP, 10)).isTrue();
        partitions.reportedLost(GROUP, 12);
        assertThat(partitions.hasJoined(GROUP, 14)).isFalse();
    }
}
