package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cordwood.store.CrashMode;
import io.cordwood.store.Disk;
import io.cordwood.store.NioDisk;
import io.cordwood.store.OpenMode;
import io.cordwood.store.SimulatedDisk;
import io.cordwood.store.UnknownFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurableFloorTest {
    private static final Path DATA = Path.of("/data");
    private static final Path FILE = DATA.resolve(DurableFloor.FILE_NAME);
    private static final UUID GROUP = new UUID(0x0123456789abcdefL, 0xfedcba9876543210L);
    private static final UUID OTHER = new UUID(1, 2);
    private static final int SECOND_SLOT = 64 << 10;
    /** Of a slot with one group. */
    private static final int SLOT_USED = 48;

    private final List<String> halts = new CopyOnWriteArrayList<>();
    private final SimulatedDisk disk = new SimulatedDisk(1);

    private final NodeHalt halt = new RecordedHalts(halts);

    @BeforeEach
    void createDirectory() throws IOException {
        disk.createDirectories(DATA);
    }

    private DurableFloor open(Disk on) throws IOException {
        return DurableFloor.open(on, DATA, halt);
    }

    private void raiseAndClose(Disk on, long index) throws IOException {
        try (var floor = open(on)) {
            floor.raise(GROUP, index);
        }
    }

    private static byte[] read(Disk on) throws IOException {
        try (var file = on.open(FILE, OpenMode.READ)) {
            var bytes = ByteBuffer.allocate(Math.toIntExact(file.sizeBytes()));
            file.read(bytes, 0);
            return bytes.array();
        }
    }

    private static void overwrite(Disk on, int position, byte... bytes) throws IOException {
        try (var file = on.open(FILE, OpenMode.WRITE)) {
            file.write(ByteBuffer.wrap(bytes), position);
            file.force();
        }
    }

    private static void flip(Disk on, int position, int mask) throws IOException {
        overwrite(on, position, (byte) (read(on)[position] ^ mask));
    }

    @Test
    void newFileKnowsNoGroup() throws IOException {
        try (var floor = open(disk)) {
            assertThat(floor.of(GROUP)).isEmpty();
        }
    }

    @Test
    void floorsComeBackAfterARestart() throws IOException {
        try (var floor = open(disk)) {
            floor.raise(GROUP, 41);
            floor.raise(OTHER, 0);
            floor.raise(GROUP, 42);
        }
        try (var floor = open(disk)) {
            assertThat(floor.of(GROUP)).hasValue(42);
            assertThat(floor.of(OTHER)).hasValue(0);
        }
    }

    @Test
    void floorsComeBackFromARealDisk(@TempDir Path directory) throws IOException {
        var nio = new NioDisk();
        try (var floor = DurableFloor.open(nio, directory, halt)) {
            floor.raise(GROUP, 42);
        }
        try (var floor = DurableFloor.open(nio, directory, halt)) {
            assertThat(floor.of(GROUP)).hasValue(42);
        }
        assertThat(nio.list(directory)).containsExactly(directory.resolve(DurableFloor.FILE_NAME));
    }

    @Test
    void badSectorIsDamageAndWhatCannotBeOpenedIsNot() throws IOException {
        raiseAndClose(disk, 42);
        var bad = new UnreadableDisk(disk);

        bad.failReadsOf(DurableFloor.FILE_NAME);
        assertThatThrownBy(() -> open(bad)).isInstanceOf(DamagedFileException.class);
        assertThat(disk.openFiles()).isZero();

        bad.failOpensOf(DurableFloor.FILE_NAME);
        assertThatThrownBy(() -> open(bad)).isInstanceOf(FileSystemException.class);
    }

    @Test
    void floorNeverFalls() throws IOException {
        raiseAndClose(disk, 42);
        try (var floor = open(disk)) {
            floor.raise(GROUP, 41);
            floor.raise(GROUP, -1);
            assertThat(floor.of(GROUP)).hasValue(42);
        }
    }

    @Test
    void groupBeforeItsFirstEntryHasNoFloor() throws IOException {
        try (var floor = open(disk)) {
            floor.raise(GROUP, -1);
            assertThat(floor.of(GROUP)).isEmpty();
        }
    }

    @Test
    void forgottenGroupStaysForgotten() throws IOException {
        raiseAndClose(disk, 42);
        try (var floor = open(disk)) {
            floor.forget(GROUP);
            floor.forget(OTHER);
        }
        try (var floor = open(disk)) {
            assertThat(floor.of(GROUP)).isEmpty();
        }
    }

    @Test
    void raisedFloorIsWrittenWithoutAClose() throws IOException {
        try (var floor = open(disk)) {
            var before = read(disk);
            floor.raise(GROUP, 42);

            await().atMost(PartitionCluster.PATIENCE).until(() -> !Arrays.equals(before, read(disk)));
            try (var restarted = open(disk.crash(CrashMode.EVERYTHING))) {
                assertThat(restarted.of(GROUP)).hasValue(42);
            }
        }
    }

    @Test
    void formatIsWhatItWas() throws IOException {
        raiseAndClose(disk, 42);

        var slot = "4357464c" // magic
                + "0001" // format version
                + "0000" // reserved
                + "0000000000000002" // sequence
                + "00000001" // groups
                + "0123456789abcdeffedcba9876543210"
                + "000000000000002a"; // floor
        var crc = new CRC32C();
        crc.update(HexFormat.of().parseHex(slot));
        assertThat(HexFormat.of().formatHex(Arrays.copyOf(read(disk), 48)))
                .isEqualTo(slot + HexFormat.of().toHexDigits((int) crc.getValue()));
    }

    @Test
    void slotsAreWrittenInTurn() throws IOException {
        raiseAndClose(disk, 1);
        var second = Arrays.copyOfRange(read(disk), SECOND_SLOT, SECOND_SLOT + 24);
        raiseAndClose(disk, 2);
        assertThat(Arrays.copyOfRange(read(disk), SECOND_SLOT, SECOND_SLOT + 24))
                .isNotEqualTo(second);
        var first = Arrays.copyOf(read(disk), 48);
        raiseAndClose(disk, 3);
        assertThat(Arrays.copyOf(read(disk), 48)).isNotEqualTo(first);
    }

    /** The slots hold floor 1 and, newer and behind it, floor 2. */
    private SimulatedDisk withBothSlots() throws IOException {
        raiseAndClose(disk, 1);
        raiseAndClose(disk, 2);
        return disk;
    }

    @Test
    void everyFlippedBitOfASlotLeavesTheOther() throws IOException {
        withBothSlots();
        int cases = 0;
        for (int slot : new int[] {0, SECOND_SLOT}) {
            for (int position = slot; position < slot + SLOT_USED; position++) {
                for (int bit = 0; bit < Byte.SIZE; bit++) {
                    var image = disk.crash(CrashMode.EVERYTHING);
                    flip(image, position, 1 << bit);
                    try (var floor = open(image)) {
                        assertThat(floor.of(GROUP)).as("position %d", position).hasValue(slot == 0 ? 2 : 1);
                    }
                    cases++;
                }
            }
        }
        System.out.printf("floor: %d flipped bits%n", cases);
    }

    /** Each length at which something changes, and some between the slots, where nothing stands. */
    private static IntStream lengths() {
        var between = IntStream.iterate(SLOT_USED + 1, length -> length < SECOND_SLOT, length -> length + 1_021);
        return IntStream.concat(
                IntStream.concat(IntStream.rangeClosed(0, SLOT_USED), between),
                IntStream.range(SECOND_SLOT, SECOND_SLOT + SLOT_USED));
    }

    @Test
    void everyLengthAndZeroedTailLeavesTheOlderSlotOrIsRefused() throws IOException {
        var whole = read(withBothSlots());
        for (int length : lengths().toArray()) {
            var cut = disk.crash(CrashMode.EVERYTHING);
            try (var file = cut.open(FILE, OpenMode.WRITE)) {
                file.truncate(length);
            }
            assertOlderSlotOrRefused(cut, length);

            var zeroed = disk.crash(CrashMode.EVERYTHING);
            overwrite(zeroed, length, new byte[whole.length - length]);
            assertOlderSlotOrRefused(zeroed, length);
        }
        System.out.printf("floor: %d lengths and zeroed tails%n", 2 * lengths().count());
    }

    private void assertOlderSlotOrRefused(SimulatedDisk image, int length) throws IOException {
        if (length < SLOT_USED) {
            assertThatThrownBy(() -> open(image))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("neither");
            return;
        }
        try (var floor = open(image)) {
            assertThat(floor.of(GROUP)).as("length %d", length).hasValue(1);
        }
    }

    @Test
    void slotsThatChangedPlacesAreReadAsBefore() throws IOException {
        var whole = read(withBothSlots());
        overwrite(disk, 0, Arrays.copyOfRange(whole, SECOND_SLOT, SECOND_SLOT + SLOT_USED));
        overwrite(disk, SECOND_SLOT, Arrays.copyOf(whole, SLOT_USED));

        try (var floor = open(disk)) {
            assertThat(floor.of(GROUP)).hasValue(2);
        }
    }

    @Test
    void fileWithoutAWholeSlotIsRefused() throws IOException {
        raiseAndClose(disk, 42);
        flip(disk, 30, 1);
        flip(disk, SECOND_SLOT + 8, 1);

        assertThatThrownBy(() -> open(disk)).isInstanceOf(IOException.class).hasMessageContaining("neither");
    }

    @Test
    void emptyFileIsRefused() throws IOException {
        raiseAndClose(disk, 42);
        try (var file = disk.open(FILE, OpenMode.WRITE)) {
            file.truncate(0);
        }

        assertThatThrownBy(() -> open(disk)).isInstanceOf(IOException.class).hasMessageContaining("neither");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, SECOND_SLOT})
    void slotOfANewerBuildIsRefused(int position) throws IOException {
        raiseAndClose(disk, 42);
        var slot = ByteBuffer.allocate(24);
        slot.putInt(0x4357464c)
                .putShort((short) 2)
                .putShort((short) 0)
                .putLong(9)
                .putInt(0);
        var crc = new CRC32C();
        crc.update(slot.array(), 0, 20);
        overwrite(disk, position, slot.putInt((int) crc.getValue()).array());

        assertThatThrownBy(() -> open(disk))
                .isInstanceOf(UnknownFormatException.class)
                .hasMessageContaining("version 2");
    }

    @Test
    void asManyGroupsAsFitAndNoMore() throws IOException {
        try (var floor = open(disk)) {
            for (int i = 0; i < DurableFloor.maxGroups(); i++) {
                floor.raise(new UUID(7, i), i);
            }
            assertThatIllegalStateException().isThrownBy(() -> floor.raise(GROUP, 1));
            floor.raise(new UUID(7, 5), 77);
        }
        try (var floor = open(disk)) {
            assertThat(floor.of(new UUID(7, DurableFloor.maxGroups() - 1))).hasValue(DurableFloor.maxGroups() - 1);
            assertThat(floor.of(new UUID(7, 5))).hasValue(77);
            assertThat(floor.of(GROUP)).isEmpty();
        }
    }

    @Test
    void failedForceStopsTheNode() throws IOException {
        var floor = open(disk);
        disk.failNext();
        floor.raise(GROUP, 42);

        await().atMost(PartitionCluster.PATIENCE).until(() -> !halts.isEmpty());
        assertThat(halts.get(0)).contains("floor");
        floor.close();
    }

    /** Raises the floor over several starts; what was raised and what a close made durable is noted as it happens. */
    private final class Work {
        private long raised = -1;
        private long durable = -1;

        void run(Disk on) {
            try {
                on.createDirectories(DATA);
                for (int start = 0; start < 4; start++) {
                    var floor = open(on);
                    try (floor) {
                        raised++;
                        floor.raise(GROUP, raised);
                    }
                    durable = raised;
                }
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("power");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(CrashMode.class)
    void powerLossAtEachOperationLeavesAWholeSlot(CrashMode mode) throws IOException {
        boolean finished = false;
        for (long operation = 1; !finished; operation++) {
            var crashing = new SimulatedDisk(operation);
            crashing.powerOffAt(operation);
            var work = new Work();
            work.run(crashing);
            finished = !crashing.isOff();

            var image = crashing.crash(mode);
            image.createDirectories(DATA);
            try (var floor = open(image)) {
                assertThat(floor.of(GROUP).orElse(-1))
                        .as("operation %d", operation)
                        .isBetween(work.durable, work.raised);
                floor.raise(GROUP, 100);
            }
            try (var floor = open(image)) {
                assertThat(floor.of(GROUP)).hasValue(100);
            }
        }
    }
}
