package io.cordwood.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordBatchBuilderTest {
    private static final List<RecordHeader> NO_HEADERS = List.of();

    @Test
    void estimateIsTheExactSizeAndNeverPassesTheLimit() {
        var random = new Random(11);
        for (int run = 0; run < 200; run++) {
            int limit = 200 + random.nextInt(3000);
            var builder = new RecordBatchBuilder(Compression.NONE, limit);

            while (builder.tryAppend(random.nextInt(1_000_000), new byte[random.nextInt(9)], null, NO_HEADERS)) {
                assertThat(builder.estimatedBytes()).isLessThanOrEqualTo(limit);
            }

            int estimate = builder.estimatedBytes();
            assertThat(estimate).isGreaterThan(limit - 30);
            assertThat(builder.build().remaining()).isEqualTo(estimate);
        }
    }

    @Test
    void recordThatFitsToTheByteIsTaken() {
        var probe = new RecordBatchBuilder(Compression.NONE, 10_000);
        probe.tryAppend(1, null, new byte[500], NO_HEADERS);
        int exact = probe.estimatedBytes();

        assertThat(new RecordBatchBuilder(Compression.NONE, exact).tryAppend(1, null, new byte[500], NO_HEADERS))
                .isTrue();
        var tooSmall = new RecordBatchBuilder(Compression.NONE, exact - 1);
        assertThatExceptionOfType(RecordTooLargeException.class)
                .isThrownBy(() -> tooSmall.tryAppend(1, null, new byte[500], NO_HEADERS))
                .satisfies(e -> assertThat(e.sizeBytes()).isEqualTo(exact))
                .satisfies(e -> assertThat(e.limitBytes()).isEqualTo(exact - 1));
    }

    @Test
    void refusedRecordLeavesTheBatchAsItWas() {
        var builder = new RecordBatchBuilder(Compression.NONE, 300);
        builder.tryAppend(1, null, new byte[100], NO_HEADERS);
        int before = builder.estimatedBytes();

        boolean taken = builder.tryAppend(99, null, new byte[1000], NO_HEADERS);

        assertThat(taken).isFalse();
        assertThat(builder.recordCount()).isEqualTo(1);
        assertThat(builder.estimatedBytes()).isEqualTo(before);
        assertThat(RecordBatch.of(builder.build()).maxTimestamp()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void bytesThatDoNotShrinkAreNotCompressed(Compression compression) {
        var value = new byte[100_000];
        new Random(3).nextBytes(value);
        var builder = new RecordBatchBuilder(compression, 1 << 20);
        builder.tryAppend(1, null, value, NO_HEADERS);
        int estimate = builder.estimatedBytes();

        var batch = RecordBatch.of(builder.build());

        assertThat(batch.sizeBytes()).isEqualTo(estimate);
        assertThat(batch.compression()).isEqualTo(Compression.NONE);
        assertThat(batch.crcMatches()).isTrue();
    }

    @Test
    void emptyBatchCannotBeBuilt() {
        var builder = new RecordBatchBuilder(Compression.NONE, 1000);

        assertThatIllegalStateException().isThrownBy(builder::build);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void resetBeginsAnotherBatchAndLeavesTheFirstAlone(Compression compression) {
        var builder = new RecordBatchBuilder(compression, 10_000);
        builder.tryAppend(1, null, "first".repeat(100).getBytes(StandardCharsets.UTF_8), NO_HEADERS);
        var first = RecordBatch.of(builder.build());
        int crc = first.crc();
        assertThatIllegalStateException().isThrownBy(builder::build);
        assertThatIllegalStateException().isThrownBy(() -> builder.tryAppend(1, null, null, NO_HEADERS));

        builder.reset();
        assertThat(builder.isEmpty()).isTrue();
        builder.tryAppend(2, new byte[] {7}, new byte[300], NO_HEADERS);
        var second = RecordBatch.of(builder.build());

        assertThat(first.computeCrc()).isEqualTo(crc);
        assertThat(second.maxTimestamp()).isEqualTo(2);
        assertThat(second.recordCount()).isEqualTo(1);
    }

    @Test
    void newBatchIsUnstamped() {
        var builder = new RecordBatchBuilder(Compression.NONE, 1000);
        builder.tryAppend(RecordBatch.NO_TIMESTAMP, null, null, NO_HEADERS);

        var batch = RecordBatch.of(builder.build());

        assertThat(batch.baseOffset()).isZero();
        assertThat(batch.leaderEpoch()).isEqualTo(-1);
        assertThat(batch.hasProducer()).isFalse();
        assertThat(batch.producerEpoch()).isEqualTo((short) -1);
        assertThat(batch.baseSequence()).isEqualTo(-1);
        assertThat(batch.timestampType()).isEqualTo(TimestampType.CREATE_TIME);
        assertThat(batch.maxTimestamp()).isEqualTo(-1);
    }

    @Test
    void contradictoryArgumentsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new RecordBatchBuilder(Compression.NONE, 61));
        var builder = new RecordBatchBuilder(Compression.NONE, 1000);
        assertThatIllegalArgumentException().isThrownBy(() -> builder.tryAppend(-2, null, null, NO_HEADERS));
        builder.tryAppend(1, null, null, NO_HEADERS);
        assertThatIllegalArgumentException().isThrownBy(() -> builder.build(1, (short) 0, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.build(-1, (short) 0, 0));
    }
}
