package io.cordwood.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryCodecTest {
    /** Two batches, the first of a producer. Changes only together with the format version. */
    private static final String GOLDEN = "01" // format version
            + "01" // kind: append
            + "0001" // flags: roll
            + "0123456789abcdeffedcba9876543210" // topic id
            + "00000003" // partition
            + "000001933bd10a80" // leader time
            + "0002" // batches
            + "000000000000a410" // base offset 42000
            + "00000005" // record count
            + "00000100" // size
            + "9f3a11c0" // CRC-32C
            + "0002" // attributes
            + "000001933bd10a7f" // max timestamp
            + "000000000000002a" // producer id
            + "0007" // producer epoch
            + "7fffffff" // first sequence
            + "000000000000a415" // base offset 42005
            + "00000001"
            + "00000040"
            + "00000001"
            + "0000"
            + "ffffffffffffffff" // no timestamp
            + "ffffffffffffffff" // no producer
            + "ffff"
            + "ffffffff";

    private static AppendEntry goldenEntry() {
        var first = new BatchHeader(
                42_000, 5, 256, 0x9f3a11c0, (short) 2, 0x1933bd10a7fL, 42, (short) 7, Integer.MAX_VALUE);
        var second = new BatchHeader(42_005, 1, 64, 1, (short) 0, -1, -1, Entries.NO_EPOCH, -1);
        return new AppendEntry(Entries.PARTITION, 0x1933bd10a80L, true, List.of(first, second));
    }

    private static final String GOLDEN_TRIM = "01" // format version
            + "02" // kind: trim
            + "0000" // flags
            + "0123456789abcdeffedcba9876543210" // topic id
            + "00000003" // partition
            + "000001933bd10a80" // leader time
            + "000000000000a412"; // log start offset 42002

    private static TrimEntry goldenTrim() {
        return new TrimEntry(Entries.PARTITION, 0x1933bd10a80L, 42_002);
    }

    private static PartitionEntry decode(byte[] bytes) throws UnknownEntryException {
        return EntryCodec.decode(ByteBuffer.wrap(bytes));
    }

    private static byte[] golden() {
        return HexFormat.of().parseHex(GOLDEN);
    }

    @Test
    void formatIsWhatItWas() throws Exception {
        assertThat(HexFormat.of().formatHex(EntryCodec.encode(goldenEntry()))).isEqualTo(GOLDEN);
        assertThat(decode(golden())).isEqualTo(goldenEntry());
    }

    @Test
    void formatOfATrimIsWhatItWas() throws Exception {
        assertThat(HexFormat.of().formatHex(EntryCodec.encode(goldenTrim()))).isEqualTo(GOLDEN_TRIM);
        assertThat(decode(HexFormat.of().parseHex(GOLDEN_TRIM))).isEqualTo(goldenTrim());
    }

    @Test
    void cutLongOrNegativeTrimIsRefused() {
        var bytes = HexFormat.of().parseHex(GOLDEN_TRIM);
        var negative = bytes.clone();
        negative[32] = (byte) 0x80;

        for (int size = 0; size < bytes.length; size++) {
            var cut = Arrays.copyOf(bytes, size);
            assertThatIllegalArgumentException().as("size %d", size).isThrownBy(() -> decode(cut));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> decode(Arrays.copyOf(bytes, bytes.length + 1)));
        assertThatIllegalArgumentException().isThrownBy(() -> decode(negative));
    }

    @Test
    void trimThatRollsIsUnknown() {
        var bytes = HexFormat.of().parseHex(GOLDEN_TRIM);
        bytes[3] = 1;

        assertThatThrownBy(() -> decode(bytes))
                .isInstanceOf(UnknownEntryException.class)
                .hasMessageContaining("flags");
    }

    @Test
    void everyEntryComesBackAsItWas() throws Exception {
        var random = new Random(1);
        for (int i = 0; i < 2_000; i++) {
            var entry = Entries.random(random, i % 100 == 0 ? EntryCodec.MAX_BATCHES : 5);

            assertThat(decode(EntryCodec.encode(entry))).isEqualTo(entry);
        }
    }

    @Test
    void decodeReadsFromPositionToLimitAndMovesNeither() throws Exception {
        var bytes = ByteBuffer.allocate(golden().length + 9).position(4);
        bytes.put(golden()).flip().position(4);

        assertThat(EntryCodec.decode(bytes)).isEqualTo(goldenEntry());
        assertThat(bytes.position()).isEqualTo(4);
    }

    @Test
    void everyCutIsNoHeader() {
        var bytes = golden();
        for (int size = 0; size < bytes.length; size++) {
            var cut = Arrays.copyOf(bytes, size);

            assertThatIllegalArgumentException().as("size %d", size).isThrownBy(() -> decode(cut));
        }
    }

    @Test
    void bytesBehindAHeaderAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> decode(Arrays.copyOf(golden(), golden().length + 1)))
                .withMessageContaining("1 bytes behind");
    }

    @Test
    void everyFlippedBitIsAnotherEntryOrRefused() {
        int refused = 0;
        for (int bit = 0; bit < golden().length * Byte.SIZE; bit++) {
            var flipped = golden();
            flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
            refused += isRefused(flipped, bit) ? 1 : 0;
        }

        assertThat(refused).isPositive();
    }

    private static boolean isRefused(byte[] bytes, int bit) {
        try {
            assertThat(decode(bytes)).as("bit %d", bit).isNotEqualTo(goldenEntry());
            return false;
        } catch (UnknownEntryException | IllegalArgumentException e) {
            return true;
        }
    }

    @Test
    void randomBytesAreRefusedAsDocumented() {
        var random = new Random(2);
        for (int i = 0; i < 20_000; i++) {
            var bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (random.nextBoolean() && bytes.length > 4) {
                System.arraycopy(golden(), 0, bytes, 0, 4);
            }
            if (bytes.length == 40) {
                bytes[32] |= (byte) 0x80; // else it could be a trim
            }

            assertThatThrownBy(() -> decode(bytes))
                    .isInstanceOfAny(UnknownEntryException.class, IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 127, 255})
    void unknownVersionStopsTheReader(int version) {
        var bytes = golden();
        bytes[0] = (byte) version;

        assertThatThrownBy(() -> decode(bytes))
                .isInstanceOf(UnknownEntryException.class)
                .hasMessageContaining("format version");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 255})
    void unknownKindStopsTheReader(int kind) {
        var bytes = golden();
        bytes[1] = (byte) kind;

        assertThatThrownBy(() -> decode(bytes))
                .isInstanceOf(UnknownEntryException.class)
                .hasMessageContaining("kind");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 0x8000, 0xffff})
    void unknownFlagStopsTheReader(int flags) {
        var bytes = golden();
        ByteBuffer.wrap(bytes).putShort(2, (short) flags);

        assertThatThrownBy(() -> decode(bytes))
                .isInstanceOf(UnknownEntryException.class)
                .hasMessageContaining("flags");
    }

    @Test
    void newerEntryIsUnknownEvenWhereTheRestMakesNoSense() {
        assertThatThrownBy(() -> decode(new byte[] {2})).isInstanceOf(UnknownEntryException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, EntryCodec.MAX_BATCHES + 1})
    void countOutsideItsRangeIsRefused(int count) {
        var bytes = golden();
        ByteBuffer.wrap(bytes).putShort(32, (short) count);

        assertThatIllegalArgumentException().isThrownBy(() -> decode(bytes)).withMessageContaining("limit 512");
    }

    @Test
    void largestHeaderStaysBelowItsLimit() throws Exception {
        var entry = entryOfBatches(EntryCodec.MAX_BATCHES);

        var bytes = EntryCodec.encode(entry);

        assertThat(bytes).hasSize(EntryCodec.maxHeaderBytes());
        assertThat(EntryCodec.maxHeaderBytes()).isLessThanOrEqualTo(48 << 10);
        assertThat(decode(bytes)).isEqualTo(entry);
    }

    @Test
    void tooManyBatchesAreNotEncoded() {
        var entry = entryOfBatches(EntryCodec.MAX_BATCHES + 1);

        assertThatIllegalArgumentException().isThrownBy(() -> EntryCodec.encode(entry));
    }

    private static AppendEntry entryOfBatches(int count) {
        var batches = LongStream.range(0, count)
                .mapToObj(offset -> Entries.header(offset, 1))
                .toList();
        return new AppendEntry(Entries.PARTITION, 0, false, batches);
    }

    @Test
    void batchesWithAHoleAreNoEntry() {
        var holed = List.of(Entries.header(0, 2), Entries.header(3, 1));

        assertThatIllegalArgumentException().isThrownBy(() -> new AppendEntry(Entries.PARTITION, 0, false, holed));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AppendEntry(Entries.PARTITION, 0, false, Collections.emptyList()));
    }

    @Test
    void impossibleBatchesAreNoHeader() {
        assertThatIllegalArgumentException().isThrownBy(() -> Entries.header(-1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Entries.header(0, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BatchHeader(0, 1, 0, 0, (short) 0, 0, -1, Entries.NO_EPOCH, -1));
    }

    @Test
    void offsetsBeyondTheLargestAreNoHeader() {
        assertThatIllegalArgumentException().isThrownBy(() -> Entries.header(Long.MAX_VALUE, 1));
    }

    @Test
    void payloadLargerThanAnArrayIsNoEntry() {
        var huge = new BatchHeader(0, 1, Integer.MAX_VALUE, 0, (short) 0, 0, -1, Entries.NO_EPOCH, -1);
        var next = new BatchHeader(1, 1, Integer.MAX_VALUE, 0, (short) 0, 0, -1, Entries.NO_EPOCH, -1);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AppendEntry(Entries.PARTITION, 0, false, List.of(huge, next)));
    }
}
