package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

class OffsetIndexTest {
    private static final UUID TOPIC = new UUID(-1, 5);
    private static final PartitionId ID = new PartitionId(TOPIC, 3);
    private static final PartitionId BEFORE = new PartitionId(TOPIC, 2);
    private static final PartitionId BEHIND = new PartitionId(TOPIC, 4);

    @TempDir
    Path temporary;

    private Path directory;

    @BeforeEach
    void nameDirectory() {
        directory = temporary.resolve("index");
    }

    @Test
    void floorIsTheNearestEntryAtOrBelowOfThePartition() throws Exception {
        try (var index = OffsetIndex.open(directory)) {
            index.add(BEFORE, List.of(entry(5), entry(1_000)), 2_000);
            index.add(BEHIND, List.of(entry(0)), 2_000);
            index.add(ID, List.of(entry(10), entry(300), entry(70_000)), 80_000);

            assertThat(index.floor(ID, 9)).isEmpty();
            assertThat(index.floor(ID, 10)).contains(entry(10));
            assertThat(index.floor(ID, 299)).contains(entry(10));
            assertThat(index.floor(ID, Long.MAX_VALUE)).contains(entry(70_000));
            assertThat(index.floor(BEHIND, 10)).contains(entry(0));
            assertThat(index.indexedThrough(ID)).isEqualTo(80_000);
            assertThat(index.indexedThrough(new PartitionId(TOPIC, 9))).isEqualTo(OffsetIndex.UNKNOWN);
        }
    }

    @Test
    void timeIsFoundByBisectionWithinTheRange() throws Exception {
        try (var index = OffsetIndex.open(directory)) {
            index.add(BEFORE, List.of(entry(15)), 2_000);
            index.add(ID, List.of(entry(10), entry(20), entry(30), entry(77)), 80);
            var range = new OffsetRange(12, 77);

            assertThat(index.lastBefore(ID, range, 200)).isEmpty();
            assertThat(index.lastBefore(ID, range, 201)).contains(entry(20));
            assertThat(index.lastBefore(ID, range, 300)).contains(entry(20));
            assertThat(index.lastBefore(ID, range, 301)).contains(entry(30));
            assertThat(index.lastBefore(ID, range, Long.MAX_VALUE)).contains(entry(30));
            assertThat(index.lastBefore(ID, new OffsetRange(0, 78), Long.MAX_VALUE))
                    .contains(entry(77));
            assertThat(index.lastBefore(ID, new OffsetRange(78, 90), Long.MAX_VALUE))
                    .isEmpty();
            assertThat(index.lastBefore(BEHIND, range, 500)).isEmpty();
        }
    }

    @Test
    void cutTrimAndDropTouchTheirOwnRangesOnly() throws Exception {
        try (var index = OffsetIndex.open(directory)) {
            for (var id : List.of(BEFORE, ID, BEHIND)) {
                index.add(id, List.of(entry(10), entry(20), entry(30), entry(40)), 50);
            }
            index.cut(ID, 30);
            assertThat(index.floor(ID, 99)).contains(entry(20));
            assertThat(index.indexedThrough(ID)).isEqualTo(30);
            index.trim(ID, 20);
            assertThat(index.floor(ID, 19)).isEmpty();
            assertThat(index.floor(ID, 99)).contains(entry(20));
            index.drop(ID);
            assertThat(index.floor(ID, 99)).isEmpty();
            assertThat(index.indexedThrough(ID)).isEqualTo(OffsetIndex.UNKNOWN);

            assertThat(index.floor(BEFORE, 99)).contains(entry(40));
            assertThat(index.floor(BEHIND, 19)).contains(entry(10));
        }
    }

    @Test
    void cutBeyondTheIndexedEndLeavesIt() throws Exception {
        try (var index = OffsetIndex.open(directory)) {
            index.add(ID, List.of(entry(10)), 50);
            index.cut(ID, 60);

            assertThat(index.indexedThrough(ID)).isEqualTo(50);
        }
    }

    @Test
    void entriesWithoutAnEndLeaveItWhereItWas() throws Exception {
        try (var index = OffsetIndex.open(directory)) {
            index.add(ID, List.of(entry(10)), 50);
            index.add(ID, List.of(entry(90)), OffsetIndex.UNKNOWN);
            index.remove(ID, 10);

            assertThat(index.indexedThrough(ID)).isEqualTo(50);
            assertThat(index.floor(ID, 89)).isEmpty();
            assertThat(index.floor(ID, 90)).contains(entry(90));
        }
    }

    @Test
    void closeKeepsWhatWasIndexed() throws Exception {
        indexOneEntry();

        try (var index = OffsetIndex.open(directory)) {
            assertThat(index.floor(ID, 10)).contains(entry(10));
            assertThat(index.indexedThrough(ID)).isEqualTo(50);
        }
    }

    @Test
    void timerFlushesWhatWasIndexed() throws Exception {
        try (var index = OffsetIndex.open(directory, Duration.ofMillis(20))) {
            int before = filesEnding(".sst").size();
            index.add(ID, List.of(entry(10)), 50);
            Awaitility.await().until(() -> filesEnding(".sst").size() > before);
        }
    }

    @Test
    void crashLosesEntriesAndIndexedEndTogether() throws Exception {
        var copy = temporary.resolve("copy");
        try (var index = OffsetIndex.open(directory)) {
            index.add(ID, List.of(entry(10)), 50);
            index.flush();
            index.add(ID, List.of(entry(60)), 100);
            copyDirectory(directory, copy);
        }
        try (var index = OffsetIndex.open(copy)) {
            assertThat(index.floor(ID, 99)).contains(entry(10));
            assertThat(index.indexedThrough(ID)).isEqualTo(50);
        }
    }

    @Test
    void damagedInstanceIsMovedAsideAndStartsEmpty() throws Exception {
        indexOneEntry();
        for (Path file : filesStarting("MANIFEST")) {
            Files.write(file, "garbage".getBytes(StandardCharsets.UTF_8));
        }

        assertStartsEmpty();
        assertThat(temporary.resolve("index.damaged")).isDirectory();
        Files.delete(directory.resolve("CURRENT"));
        assertStartsEmpty();
    }

    @Test
    void instanceOfAnotherFormatIsMovedAside() throws Exception {
        indexOneEntry();
        try (var options = new Options();
                var rocks = RocksDB.open(options, directory.toString())) {
            rocks.put(IndexKey.FORMAT, new byte[] {0, 0, 0, IndexKey.VERSION + 1});
        }

        assertStartsEmpty();
    }

    @Test
    void failureInUseMakesItSilentAndTheNextStartRebuildsIt() throws Exception {
        int count = 20_000;
        try (var index = OffsetIndex.open(directory)) {
            index.add(ID, LongStream.range(0, count).mapToObj(i -> entry(i)).toList(), count);
        }
        for (Path table : filesEnding(".sst")) {
            var bytes = Files.readAllBytes(table);
            // Amid the blocks of entries, which are read when they are needed.
            bytes[bytes.length / 2] ^= bytes.length > 10_000 ? (byte) 0x55 : 0;
            Files.write(table, bytes);
        }
        try (var index = OffsetIndex.open(directory)) {
            assertThat(index.floor(ID, 1)).contains(entry(1));
            long found = LongStream.range(0, count)
                    .takeWhile(i -> index.floor(ID, i).isPresent())
                    .count();
            assertThat(found).isLessThan(count);
            index.add(ID, List.of(entry(20)), 60);
            assertThat(index.floor(ID, 1)).isEmpty();
        }

        assertStartsEmpty();
    }

    @Test
    void secondInstanceOnADirectoryIsRefusedAndNothingMoved() throws Exception {
        try (var index = OffsetIndex.open(directory)) {
            index.add(ID, List.of(entry(10)), 50);

            assertThatThrownBy(() -> OffsetIndex.open(directory)).isInstanceOf(IOException.class);
            assertThat(temporary.resolve("index.damaged")).doesNotExist();
            assertThat(index.floor(ID, 10)).contains(entry(10));
        }
    }

    @Test
    void useAfterCloseIsHarmless() throws Exception {
        var index = OffsetIndex.open(directory);
        index.close();
        index.close();

        index.add(ID, List.of(entry(10)), 50);
        index.fillInBackground(() -> {
            throw new AssertionError("called after close");
        });
        assertThat(index.floor(ID, 10)).isEmpty();
    }

    private void indexOneEntry() throws IOException {
        try (var index = OffsetIndex.open(directory)) {
            index.add(ID, List.of(entry(10)), 50);
        }
    }

    private void assertStartsEmpty() throws IOException {
        try (var index = OffsetIndex.open(directory)) {
            assertThat(index.floor(ID, 99)).isEmpty();
            assertThat(index.indexedThrough(ID)).isEqualTo(OffsetIndex.UNKNOWN);
            index.add(ID, List.of(entry(10)), 50);
            assertThat(index.floor(ID, 99)).contains(entry(10));
        }
    }

    private List<Path> filesStarting(String prefix) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .toList();
        }
    }

    private List<Path> filesEnding(String suffix) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    static void copyDirectory(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                copyIfThere(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static void copyIfThere(Path from, Path to) throws IOException {
        try {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            // RocksDB removes files that it needs no more at any time.
            assertThat(from).doesNotExist();
        }
    }

    private static IndexEntry entry(long offset) {
        return new IndexEntry(offset, offset / 100 * 100, 7 * offset, 1, (int) (offset * 31), offset * 10);
    }
}
