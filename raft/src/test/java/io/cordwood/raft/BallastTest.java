package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BallastTest {
    private static final long FLOOR_BYTES = 10_000;
    private static final long BYTES = FLOOR_BYTES / 4;

    @TempDir
    Path directory;

    private final HoldingDisk disk = new HoldingDisk(new NioDisk());
    private final Ballast ballast = new Ballast(disk);
    private Path file;

    @BeforeEach
    void keep() {
        file = directory.resolve(Ballast.FILE_NAME);
        ballast.keep(directory, FLOOR_BYTES);
    }

    @Test
    void takesAQuarterOfTheFloorAndNoMoreThanAStartNeeds() throws IOException {
        assertThat(file).hasSize(BYTES);
        Files.delete(file);

        new Ballast(disk).keep(directory, 1L << 40);

        assertThat(file).hasSize(16 << 20);
    }

    @Test
    void isGivenUpWhereLessIsLeftThanItTakes() {
        disk.setUsableBytes(() -> BYTES);
        ballast.release(directory);
        assertThat(file).exists();

        disk.setUsableBytes(() -> BYTES - 1);
        ballast.release(directory);
        assertThat(file).doesNotExist();
    }

    @Test
    void halfOfItIsKeptForTheNextStartAndMadeWholeWhenThereIsRoom() {
        ballast.halve(directory, FLOOR_BYTES);
        ballast.halve(directory, FLOOR_BYTES);
        assertThat(file).hasSize(BYTES / 2);

        ballast.keep(directory, FLOOR_BYTES);

        assertThat(file).hasSize(BYTES);
    }

    @Test
    void nothingIsMadeWhereThereIsNoDirectory() {
        var absent = directory.resolve("absent");

        ballast.keep(absent, FLOOR_BYTES);
        ballast.halve(absent, FLOOR_BYTES);
        ballast.release(absent);

        assertThat(absent).doesNotExist();
    }

    @Test
    void thatThereIsNoRoomForItIsNoFailure() throws IOException {
        Files.delete(file);
        disk.refuseWritesTo(Ballast.FILE_NAME);

        new Ballast(disk).keep(directory, FLOOR_BYTES);

        assertThat(file).isEmptyFile();
    }

    @Test
    void isLookedAtOnceUntilTheDiskWasFull() throws IOException {
        Files.delete(file);

        ballast.keep(directory, FLOOR_BYTES);
        assertThat(file).doesNotExist();

        ballast.halve(directory, FLOOR_BYTES);
        ballast.keep(directory, FLOOR_BYTES);
        assertThat(file).hasSize(BYTES);
    }
}
