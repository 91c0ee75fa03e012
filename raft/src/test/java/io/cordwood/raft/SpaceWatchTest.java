package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.AppendOutcome.NoRoom;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.store.Disk;
import io.cordwood.store.ForwardingDisk;
import io.cordwood.store.OpenMode;
import io.cordwood.store.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpaceWatchTest {
    private static final long TOTAL = 100_000;
    /** The percent of it are more than the bytes. */
    private static final SpaceFloor FLOOR = new SpaceFloor(1_000, 8);

    private static final long FLOOR_BYTES = 8_000;
    private static final int NODE = 4;

    @TempDir
    Path directory;

    private Path data;
    private Path raft;
    private Disks disks;
    private SpaceWatch watch;

    /** Two of them, by the directory that lies on each. */
    private static final class Disks extends ForwardingDisk {
        private final Map<Path, Long> free = new HashMap<>();
        private long totalBytes = TOTAL;

        Disks(Disk inner) {
            super(inner);
        }

        @Override
        public long usableBytes(Path path) throws IOException {
            var bytes = free.get(path);
            if (bytes == null) {
                throw new IOException(path + " hangs");
            }
            return bytes;
        }

        @Override
        public long totalBytes(Path path) {
            return totalBytes;
        }
    }

    @BeforeEach
    void twoDisks() throws IOException {
        data = Files.createDirectory(directory.resolve("data"));
        raft = Files.createDirectory(directory.resolve("raft"));
        disks = new Disks(new SimulatedDisk(1));
        watch = new SpaceWatch(NODE, disks, FLOOR, List.of(data, raft));
    }

    private Level levelWith(long dataFree, long raftFree) {
        disks.free.put(data, dataFree);
        disks.free.put(raft, raftFree);
        watch.look();
        return watch.level();
    }

    @ParameterizedTest
    @CsvSource({
        "ROOM,8000,ROOM",
        "ROOM,7999,LOW",
        "ROOM,3999,FULL",
        "LOW,8999,LOW",
        "LOW,9000,ROOM",
        "LOW,4000,LOW",
        "LOW,3999,FULL",
        "FULL,5999,FULL",
        "FULL,6000,LOW",
        "FULL,8999,LOW",
        "FULL,9000,ROOM"
    })
    void waysBackAreLongerThanWaysDown(Level before, long freeBytes, Level after) {
        assertThat(DiskSpace.levelAfter(before, freeBytes, FLOOR_BYTES)).isEqualTo(after);
    }

    @Test
    void floorIsTheLargerOfBytesAndPercent() {
        assertThat(FLOOR.of(TOTAL)).isEqualTo(FLOOR_BYTES);
        assertThat(FLOOR.of(1_000)).isEqualTo(1_000);
        assertThat(new SpaceFloor(0, 0).of(TOTAL)).isZero();
    }

    @Test
    void fullerOfTheTwoDisksCounts() {
        assertThat(levelWith(FLOOR_BYTES, FLOOR_BYTES)).isEqualTo(Level.ROOM);
        assertThat(watch.noRoom()).isNull();

        assertThat(levelWith(7_000, FLOOR_BYTES)).isEqualTo(Level.LOW);
        assertThat(watch.noRoom()).isEqualTo(new NoRoom(NODE, "data", 7_000, FLOOR_BYTES));
        assertThat(watch.isFull()).isFalse();

        assertThat(levelWith(7_000, 10)).isEqualTo(Level.FULL);
        assertThat(watch.noRoom()).isEqualTo(new NoRoom(NODE, "raft", 10, FLOOR_BYTES));
        assertThat(watch.isFull()).isTrue();
        assertThat(watch.disks()).extracting(DiskSpace::level).containsExactly(Level.LOW, Level.FULL);
    }

    @Test
    void diskThatDoesNotAnswerIsAsItWas() {
        levelWith(10, FLOOR_BYTES);

        disks.free.clear();
        watch.look();

        assertThat(watch.level()).isEqualTo(Level.FULL);
        assertThat(watch.disks()).allMatch(DiskSpace::silent);

        levelWith(10, FLOOR_BYTES);
        assertThat(watch.disks()).noneMatch(DiskSpace::silent);
    }

    @Test
    void fullDiskOfAnySizeHasRoomForVotesDownToTheLastMebibyte() {
        long mebibyte = 1 << 20;
        disks.totalBytes = 1L << 40;

        assertThat(levelWith(25L << 30, 100L << 30)).isEqualTo(Level.FULL);
        assertThat(watch.lacksRoomForVotes()).isFalse();
        levelWith(mebibyte, mebibyte);
        assertThat(watch.lacksRoomForVotes()).isFalse();

        levelWith(mebibyte, mebibyte - 1);
        assertThat(watch.lacksRoomForVotes()).isTrue();
        levelWith(mebibyte, mebibyte);
        assertThat(watch.lacksRoomForVotes()).isFalse();
    }

    @Test
    void halfOfTheBallastMakesWayWhereNoVoteHasRoom() throws IOException {
        disks.createDirectories(data);
        levelWith(TOTAL, TOTAL);
        watch.keepBallast();

        levelWith(10, TOTAL);

        try (var ballast = disks.open(data.resolve(Ballast.FILE_NAME), OpenMode.READ)) {
            assertThat(ballast.sizeBytes()).isEqualTo(FLOOR_BYTES / 8);
        }
    }

    @Test
    void directoryThatIsNotThereYetHasTheDiskOfWhatWillHoldIt() {
        var later =
                new SpaceWatch(NODE, disks, FLOOR, List.of(data.resolve("not").resolve("yet")));
        disks.free.put(data, 10L);

        later.look();

        assertThat(later.isFull()).isTrue();
    }
}
