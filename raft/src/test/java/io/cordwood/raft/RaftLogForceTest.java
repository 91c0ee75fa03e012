package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.store.CrashMode;
import io.cordwood.store.ForceFailedException;
import io.cordwood.store.IoFault;
import io.cordwood.store.OpenMode;
import io.cordwood.store.SimulatedDisk;
import io.cordwood.store.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a start makes durable of a raft log, whatever became of the forces of the process before. */
class RaftLogForceTest {
    private static final Path GROUP = Path.of("/raft/group");
    private static final Path CURRENT = GROUP.resolve(RaftLogScan.CURRENT);
    private static final Path OLD = CURRENT.resolve("log_0-4");
    private static final Path CLOSED = CURRENT.resolve("log_5-9");
    private static final Path OPEN = CURRENT.resolve("log_inprogress_10");

    private final SimulatedDisk disk = new SimulatedDisk(1);

    @BeforeEach
    void createDirectory() throws IOException {
        disk.createDirectories(CURRENT);
        for (var path : new Path[] {OLD, CLOSED}) {
            try (var file = disk.open(path, OpenMode.CREATE)) {
                file.write(bytes(path), 0);
                file.force();
            }
        }
        disk.open(OPEN, OpenMode.CREATE).close();
        disk.forceDirectory(CURRENT);
    }

    private static ByteBuffer bytes(Path path) {
        return ByteBuffer.wrap(path.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void writeTo(Path path) throws IOException {
        try (var file = disk.open(path, OpenMode.WRITE)) {
            file.write(bytes(path), 0);
            file.force();
        }
    }

    private void failForceOf(Path path, IoFault fault, long failures) {
        disk.failFrom(disk.operations() + 2, fault, failures);
        assertThatThrownBy(() -> writeTo(path)).isInstanceOf(ForceFailedException.class);
        disk.failNoMore();
    }

    @ParameterizedTest
    @EnumSource(IoFault.class)
    void bytesWhoseForceFailedAreOnTheDiskBehindTheNextStart(IoFault fault) throws IOException {
        failForceOf(CLOSED, fault, 1);
        failForceOf(OPEN, fault, Long.MAX_VALUE);

        RaftLogForce.force(disk, GROUP);

        var image = disk.crash(CrashMode.NOTHING_UNFORCED);
        for (var path : new Path[] {OLD, CLOSED, OPEN}) {
            assertThat(WholeFile.read(image, path)).as("%s", path).contains(bytes(path));
        }
    }

    @ParameterizedTest
    @EnumSource(IoFault.class)
    void startThatFailsLeavesItToTheNextOne(IoFault fault) throws IOException {
        int starts = 0;
        for (boolean failed = true; failed; starts++) {
            failForceOf(OPEN, fault, 1);
            disk.failAt(disk.operations() + starts + 1, fault);
            failed = fails();
            disk.failNoMore();
            RaftLogForce.force(disk, GROUP);

            assertThat(WholeFile.read(disk.crash(CrashMode.NOTHING_UNFORCED), OPEN))
                    .contains(bytes(OPEN));
        }
        assertThat(starts).isGreaterThan(5);
    }

    private boolean fails() {
        try {
            RaftLogForce.force(disk, GROUP);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void onlyTheNewestFilesAreWrittenAgain() throws IOException {
        long before = disk.operations();

        RaftLogForce.force(disk, GROUP);

        // Two are written, three forced, and the directory.
        assertThat(disk.operations() - before).isEqualTo(2 + 3 + 1);
    }

    @Test
    void badSectorIsDamageAndNothingIsWritten() {
        var bad = new UnreadableDisk(disk);
        long before = disk.operations();
        bad.failReadsOf(String.valueOf(OPEN.getFileName()));

        assertThatThrownBy(() -> RaftLogForce.force(bad, GROUP))
                .isInstanceOf(DamagedFileException.class)
                .hasMessageContaining(OPEN.toString());
        assertThat(disk.operations()).isEqualTo(before);
    }

    @Test
    void fileThatCannotBeOpenedIsNoDamageAndNothingIsWritten() {
        var bad = new UnreadableDisk(disk);
        long before = disk.operations();
        bad.failOpensOf(String.valueOf(OPEN.getFileName()));

        assertThatThrownBy(() -> RaftLogForce.force(bad, GROUP))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("Too many open files");
        assertThat(disk.operations()).isEqualTo(before);
    }

    @Test
    void groupWithoutALogIsLeftAlone() throws IOException {
        long before = disk.operations();

        RaftLogForce.force(disk, Path.of("/raft/other"));

        assertThat(disk.operations()).isEqualTo(before);
    }
}
