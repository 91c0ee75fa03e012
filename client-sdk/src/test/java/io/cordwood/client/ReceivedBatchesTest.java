package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ReceivedBatchesTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    @Test
    void recordsBeforeThePositionAreLeftOut() {
        var received = ReceivedBatches.of(PARTITION, batch(10, 5).concat(batch(15, 5)));

        assertThat(received.baseOffset()).isEqualTo(10);
        assertThat(received.endOffset()).isEqualTo(20);
        assertThat(offsets(received, 13)).containsExactly(13L, 14L, 15L, 16L, 17L, 18L, 19L);
    }

    @Test
    void cutBatchIsCorrupt() {
        var whole = batch(0, 5);

        for (int size = 1; size < whole.size(); size++) {
            var cut = whole.substring(0, size);
            var failure = Failures.thrownBy(() -> ReceivedBatches.of(PARTITION, cut));
            assertThat(failure.code()).isEqualTo(ErrorCode.CORRUPT_BATCH);
        }
    }

    @Test
    void holeBetweenBatchesIsNoticed() {
        var data = batch(0, 5).concat(batch(6, 5));

        assertThat(Failures.thrownBy(() -> ReceivedBatches.of(PARTITION, data)).details())
                .containsEntry("field", "base offset");
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void everyFlippedBitBehindTheCrcIsNoticed(Compression codec) {
        var whole = batch(codec, 0, 20);

        for (int position = 21; position < whole.size(); position++) {
            var damaged = whole.toByteArray();
            damaged[position] = (byte) (damaged[position] ^ (1 << (position % 8)));
            var failure =
                    Failures.thrownBy(() -> offsets(ReceivedBatches.of(PARTITION, ByteString.copyFrom(damaged)), 0));
            assertThat(failure.code()).isEqualTo(ErrorCode.CORRUPT_BATCH);
        }
    }

    private static List<Long> offsets(ReceivedBatches received, long position) {
        var offsets = new ArrayList<Long>();
        for (var record = received.next(position); record != null; record = received.next(position)) {
            offsets.add(record.offset());
        }
        return offsets;
    }

    private static ByteString batch(long baseOffset, int count) {
        return batch(Compression.NONE, baseOffset, count);
    }

    private static ByteString batch(Compression codec, long baseOffset, int count) {
        var builder = new RecordBatchBuilder(codec, 10_000);
        for (int i = 0; i < count; i++) {
            builder.tryAppend(i, null, ("value-value-value-" + i).getBytes(UTF_8), List.of());
        }
        ByteBuffer bytes = builder.build();
        RecordBatch.stamp(bytes, 0, baseOffset, 1);
        return ByteString.copyFrom(bytes);
    }
}
