package io.cordwood.batch;

import static io.cordwood.batch.Rows.BASE_TIMESTAMP;
import static io.cordwood.batch.Rows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.cordwood.batch.BatchCheck.Accepted;
import io.cordwood.batch.BatchCheck.Rejected;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damaged bytes, with and without a CRC that hides the damage. Whatever they are, the validator answers and the
 * iterator throws nothing but its own exception; what the validator accepts, Kafka's library reads too.
 */
class DamagedBatchTest {
    private static final int MAX_BYTES = 1 << 16;
    private static final BatchValidator VALIDATOR = new BatchValidator(new BatchLimits(MAX_BYTES, 1 << 20, 100));
    private static final TimestampRules RULES =
            new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, Long.MAX_VALUE, false);

    @ParameterizedTest
    @EnumSource(Compression.class)
    void everyFlippedBitIsNoticed(Compression compression) {
        var bytes = small(compression);
        for (int bit = 0; bit < bytes.limit() * Byte.SIZE; bit++) {
            flip(bytes, bit);

            var check = VALIDATOR.check(bytes, RULES, BASE_TIMESTAMP);

            int position = bit / Byte.SIZE;
            boolean leaderEpoch =
                    position >= RecordBatch.LEADER_EPOCH_POSITION && position < RecordBatch.MAGIC_POSITION;
            assertThat(check).as("bit %d", bit).isInstanceOf(leaderEpoch ? Accepted.class : Rejected.class);
            flip(bytes, bit);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void flippedBitUnderAGoodCrcGivesAnAnswer(Compression compression) {
        var bytes = small(compression);
        for (int bit = RecordBatch.ATTRIBUTES_POSITION * Byte.SIZE; bit < bytes.limit() * Byte.SIZE; bit++) {
            flip(bytes, bit);
            RecordBatch.writeCrc(bytes, 0, bytes.limit());

            assertAnswered(bytes, "bit " + bit);

            flip(bytes, bit);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void randomDamageUnderAGoodCrcGivesAnAnswer(Compression compression) {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var original = small(compression);
        for (int run = 0; run < 20_000; run++) {
            var bytes = damaged(original, random);

            assertAnswered(bytes, "seed " + seed + ", run " + run);
        }
    }

    /** Some bytes replaced, often by the ones that make lengths extreme; sometimes cut or longer. */
    private static ByteBuffer damaged(ByteBuffer original, Random random) {
        int size = original.limit();
        if (random.nextInt(4) == 0) {
            size = RecordBatch.HEADER_BYTES + random.nextInt(size - RecordBatch.HEADER_BYTES + 20);
        }
        var bytes = ByteBuffer.allocate(size);
        bytes.put(original.slice(0, Math.min(size, original.limit()))).clear();
        int[] extremes = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe};
        for (int i = random.nextInt(6); i >= 0; i--) {
            int at = RecordBatch.ATTRIBUTES_POSITION + random.nextInt(size - RecordBatch.ATTRIBUTES_POSITION);
            int value = random.nextBoolean() ? random.nextInt(256) : extremes[random.nextInt(extremes.length)];
            bytes.put(at, (byte) value);
        }
        bytes.putInt(RecordBatch.LENGTH_POSITION, size - RecordBatch.SIZE_PREFIX_BYTES);
        RecordBatch.writeCrc(bytes, 0, size);
        return bytes;
    }

    private static void assertAnswered(ByteBuffer bytes, String what) {
        try {
            var check = VALIDATOR.check(bytes, RULES, BASE_TIMESTAMP);
            var readable = readToTheEnd(RecordBatch.of(bytes));
            if (check instanceof Accepted accepted) {
                assertThat(readable).as(what).isTrue();
                var theirs = MemoryRecords.readableRecords(accepted.batch().bytes())
                        .batchIterator()
                        .next();
                assertThat(Rows.readWithKafka(theirs)).as(what).isEqualTo(Rows.read(accepted.batch()));
            }
        } catch (RuntimeException | Error e) {
            fail(what, e);
        }
    }

    private static boolean readToTheEnd(RecordBatch batch) {
        try (var records = batch.records(1 << 20)) {
            while (records.hasNext()) {
                records.next();
            }
            return true;
        } catch (MalformedBatchException e) {
            return false;
        }
    }

    private static ByteBuffer small(Compression compression) {
        var rows = List.of(
                row(BASE_TIMESTAMP, "key", "value value value value value value value value value value"),
                row(BASE_TIMESTAMP + 40, null, null),
                row(BASE_TIMESTAMP - 3, "key", "value value", new RecordHeader("name", new byte[] {1, 2})),
                row(BASE_TIMESTAMP - 3, "key", "value value value value", new RecordHeader("name", null)),
                row(BASE_TIMESTAMP + 3, "", "value value value value value value value value"));
        var bytes = Rows.encode(rows, compression);
        assertThat(RecordBatch.of(bytes).compression()).isEqualTo(compression);
        return bytes;
    }

    private static void flip(ByteBuffer bytes, int bit) {
        int position = bit / Byte.SIZE;
        bytes.put(position, (byte) (bytes.get(position) ^ (1 << (bit % Byte.SIZE))));
    }
}
