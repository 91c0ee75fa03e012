package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every place at which a crash may cut a deletion short, and the start after it. */
class DeletionTest {
    private static final UUID GROUP = new UUID(7, 8);
    private static final List<String> RAFT_FILES =
            List.of("current/raft-meta", "current/raft-meta.conf", "current/log_inprogress_0", "in_use.lock");

    @TempDir
    Path directory;

    private final CountingHost host = new CountingHost();
    private PartitionGroup group;
    private RaftNodeConfig config;
    private GroupFiles files;

    @BeforeEach
    void fill() throws IOException {
        try (var world = new NodeWorld(directory, 1)) {
            config = world.config(1, world.list(1));
        }
        files = new GroupFiles(new NioDisk(), config.dataDirectory());
        var placement = new GroupPlacement(new UUID(5, 6), "orders", 2, 0, List.of(1), new TreeMap<>());
        group = new PartitionGroup(GROUP, placement, new TreeMap<>(Map.of(1, "a:1")), true, false);
        files.write(group);
        Files.writeString(partition().resolve("00000000000000000000.log"), "records");
        for (String file : RAFT_FILES) {
            var path = raftGroup().resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, "raft");
        }
    }

    @Test
    void crashWhileRatisDeletesTheGroupEndsInDeletion() throws IOException {
        for (int kept = RAFT_FILES.size(); kept >= 0; kept--) {
            fill();
            files.write(group.markedDeleted());
            for (String gone : RAFT_FILES.subList(kept, RAFT_FILES.size())) {
                Files.delete(raftGroup().resolve(gone));
            }

            startOver();

            assertNothingIsLeft("with " + kept + " files of the raft log");
            assertThat(host.removed).hasSize(RAFT_FILES.size() + 1 - kept).contains(group.placement());
        }
    }

    @Test
    void crashBetweenTheTwoMovesIntoTheTrashEndsInDeletion() throws IOException {
        files.write(group.markedDeleted());
        Files.createDirectories(config.dataDirectory().resolve("trash"));
        Files.move(raftGroup(), config.dataDirectory().resolve("trash/raft-moved"), StandardCopyOption.ATOMIC_MOVE);

        startOver();

        assertNothingIsLeft("with the raft log in the trash");
    }

    @Test
    void crashWhileTheTrashIsEmptiedEndsInDeletion() throws IOException {
        var local = open();
        local.remove(group);
        try (var left = Files.walk(config.dataDirectory().resolve("trash"))) {
            Files.delete(left.filter(Files::isRegularFile).findFirst().orElseThrow());
        }

        startOver();

        assertNothingIsLeft("with half of the trash");
    }

    @Test
    void nameThatIsTakenInTheTrashIsNotWaitedFor() throws IOException {
        var local = open();
        local.remove(group);
        fill();
        var again = open();
        again.remove(group);

        assertThat(config.dataDirectory().resolve("trash").toFile().list()).hasSize(4);
        again.emptyTrash(() -> false);
        assertNothingIsLeft("of both");
    }

    @Test
    void groupThatIsNotMarkedStays() throws IOException {
        startOver();

        assertThat(files.readAll()).containsExactly(Map.entry(GROUP, group));
        assertThat(raftGroup()).isNotEmptyDirectory();
        assertThat(host.removed).isEmpty();
    }

    @Test
    void quarantineKeepsWhatTheClusterStillHasAndNothingElse() throws IOException {
        var wanted = new UUID(1, 1);
        for (UUID id : List.of(wanted, GROUP)) {
            Files.createDirectories(quarantine(id).resolve("partition"));
            Files.createDirectories(quarantine(id).resolve("raft/current"));
        }
        var alone = new UUID(1, 2); // it was never set aside, only a file of it
        for (UUID id : List.of(wanted, GROUP, alone)) {
            Files.createDirectories(keptSegments(id));
            Files.write(keptSegments(id).resolve("00000000000000000000.log-1"), new byte[7]);
        }

        var local = open();
        local.dropQuarantineExcept(Set.of(wanted));
        local.emptyTrash(() -> false);

        assertThat(quarantine(wanted)).isNotEmptyDirectory();
        assertThat(quarantine(GROUP)).doesNotExist();
        assertThat(keptSegments(wanted)).isNotEmptyDirectory();
        assertThat(keptSegments(GROUP)).doesNotExist();
        assertThat(keptSegments(alone)).doesNotExist();
        assertThat(config.dataDirectory().resolve("trash")).doesNotExist();
    }

    private Path keptSegments(UUID id) {
        return quarantine(id).resolveSibling("segments").resolve(id.toString());
    }

    private LocalPartitions open() throws IOException {
        return new LocalPartitions(new NioDisk(), config, files, host, files.readAll());
    }

    private void startOver() throws IOException {
        var local = open();
        local.finishDeletions();
        local.emptyTrash(() -> false);
    }

    private void assertNothingIsLeft(String when) throws IOException {
        try (var left = Files.walk(config.dataDirectory())) {
            assertThat(left.sorted(Comparator.reverseOrder()).filter(Files::isRegularFile))
                    .as(when)
                    .isEmpty();
        }
        assertThat(raftGroup()).as(when).doesNotExist();
        assertThat(partition()).as(when).doesNotExist();
        assertThat(files.readAll()).as(when).isEmpty();
    }

    private Path partition() {
        return config.dataDirectory().resolve("partitions").resolve(group.directoryName());
    }

    private Path raftGroup() {
        return config.raftDirectory().resolve(GROUP.toString());
    }

    private Path quarantine(UUID id) {
        return config.dataDirectory().resolve("quarantine").resolve(id.toString());
    }
}
