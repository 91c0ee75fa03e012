package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of the index with flipped bits, cut off, gone, or older than the others: every offset and time is
 * found as before. A crash of the native library would end this process.
 */
class IndexDamageTest {
    private static final boolean NIGHTLY = Boolean.getBoolean("cordwood.nightly");
    private static final int DAMAGES = NIGHTLY ? 2_000 : 200;
    private static final int BATCHES = 60;
    private static final Path DIRECTORY = Path.of("/data").resolve(TestLog.ID.directoryName());

    @TempDir
    Path temporary;

    private final SimulatedDisk disk = new SimulatedDisk(1);
    private final Map<String, byte[]> older = new TreeMap<>();
    private final Map<String, byte[]> files = new TreeMap<>();
    private RecoveryPoint point = RecoveryPoint.none();
    private List<Object> expected = List.of();

    /** How an index was damaged. */
    private enum Damage {
        FLIPPED_BITS,
        ZEROED_PART,
        CUT_OFF,
        EXTENDED,
        DELETED,
        OLDER_COPY;

        byte[] of(byte[] bytes, byte[] before, Random random) {
            return switch (this) {
                case FLIPPED_BITS -> flipped(bytes, random);
                case ZEROED_PART -> {
                    var zeroed = bytes.clone();
                    int from = random.nextInt(bytes.length + 1);
                    Arrays.fill(zeroed, from, from + random.nextInt(bytes.length - from + 1), (byte) 0);
                    yield zeroed;
                }
                case CUT_OFF -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
                case EXTENDED -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(100));
                case DELETED -> throw new IllegalStateException("no bytes are left");
                case OLDER_COPY -> before;
            };
        }

        private static byte[] flipped(byte[] bytes, Random random) {
            var damaged = bytes.clone();
            for (int i = random.nextInt(8); i >= 0 && bytes.length > 0; i--) {
                damaged[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            return damaged;
        }
    }

    @BeforeEach
    void fillLogAndIndex() throws IOException {
        disk.createDirectories(DIRECTORY);
        var directory = temporary.resolve("made");
        try (var index = OffsetIndex.open(directory)) {
            try (var log = open(index)) {
                for (int i = 0; i < BATCHES; i++) {
                    long at = log.writtenEndOffset();
                    log.append(at, at + 3, Batches.batch(at, 1, 3, "v".repeat(500)), i % 25 == 24);
                    if (i == BATCHES / 2) {
                        index.flush();
                        readInto(older, directory);
                    }
                }
                log.force();
                point = RecoveryPoint.none().withDurableEndOffset(log.writtenEndOffset());
            }
        }
        readInto(files, directory);
        try (var index = OffsetIndex.open(temporary.resolve("empty"));
                var log = open(index)) {
            expected = everything(log);
        }
    }

    @Test
    void readsAreTheSameWhateverBecameOfTheIndex() throws IOException {
        QuietLogger.during(IndexDatabase.class, () -> QuietLogger.during(OffsetIndex.class, this::damageOften));
    }

    private void damageOften() throws IOException {
        var counts = new EnumMap<Damage, Integer>(Damage.class);
        int changed = 0;
        for (int seed = 0; seed < DAMAGES; seed++) {
            var directory = temporary.resolve("index" + seed);
            var damage = anyOf(Damage.values(), new Random(seed));
            if (damage(directory, damage, new Random(-seed))) {
                counts.merge(damage, 1, Integer::sum);
                changed++;
            }
            try (var index = OffsetIndex.open(directory)) {
                for (int i = 0; i < 2; i++) {
                    try (var log = open(index)) {
                        assertThat(everything(log))
                                .as("seed %d, %s", seed, damage)
                                .isEqualTo(expected);
                    }
                }
            }
            delete(directory);
            delete(temporary.resolve("index" + seed + ".damaged"));
        }
        System.out.println("damages of index files: " + changed + " of " + DAMAGES + " changed bytes, " + counts);
        assertThat(changed).isGreaterThan(DAMAGES * 9 / 10);
        assertThat(counts.keySet()).containsExactly(Damage.values());
    }

    private PartitionLog open(OffsetIndex index) throws IOException {
        return PartitionLog.open(DIRECTORY, TestLog.ID, TestLog.CONFIG, new Storage(disk, index), point);
    }

    private static List<Object> everything(PartitionLog log) throws IOException {
        var all = new ArrayList<Object>();
        long end = log.writtenEndOffset();
        for (long offset = end - 1; offset >= 0; offset--) {
            var read = log.read(offset, end, 1);
            all.add(read.baseOffset());
            all.add(ByteBuffer.wrap(TestLog.bytes(read.batches())));
        }
        for (long timestamp : new long[] {0, 1_001, 1_002, 5_000}) {
            OptionalLong found = log.firstAtOrAfter(timestamp, end);
            all.add(found);
        }
        return all;
    }

    /** Damages one file, or each. Returns whether a byte differs. */
    private boolean damage(Path directory, Damage damage, Random random) throws IOException {
        var chosen = anyOf(worthDamaging(damage).toArray(String[]::new), random);
        boolean all = random.nextInt(5) == 0;
        boolean isChanged = false;
        Files.createDirectories(directory);
        for (var file : files.entrySet()) {
            var bytes = file.getValue();
            boolean isChosen = all || file.getKey().equals(chosen);
            if (isChosen && (damage == Damage.DELETED || isOneThatCameLater(damage, file.getKey()))) {
                isChanged = true;
                continue;
            }
            var before = older.getOrDefault(file.getKey(), bytes);
            var written = isChosen ? damage.of(bytes, before, random) : bytes;
            isChanged |= !Arrays.equals(written, bytes);
            Files.write(directory.resolve(file.getKey()), written);
        }
        return isChanged;
    }

    private boolean isOneThatCameLater(Damage damage, String name) {
        return damage == Damage.OLDER_COPY && !older.containsKey(name);
    }

    /** What RocksDB writes for people, or locks only, is of no account. */
    private List<String> worthDamaging(Damage damage) {
        return files.keySet().stream()
                .filter(name -> !name.startsWith("LO") && !name.startsWith("OPTIONS"))
                .filter(name -> damage != Damage.OLDER_COPY || !Arrays.equals(files.get(name), older.get(name)))
                .toList();
    }

    private static <T> T anyOf(T[] choices, Random random) {
        return choices[random.nextInt(choices.length)];
    }

    private static void readInto(Map<String, byte[]> files, Path directory) throws IOException {
        try (var paths = Files.list(directory)) {
            for (var path : paths.toList()) {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
        }
    }

    private static void delete(Path directory) {
        if (Files.exists(directory)) {
            DirectoryTree.delete(directory);
        }
    }
}
