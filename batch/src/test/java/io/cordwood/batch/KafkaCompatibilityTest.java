package io.cordwood.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kafka's own client library as the outside judge of the codec, in both directions. */
class KafkaCompatibilityTest {
    @ParameterizedTest
    @EnumSource(Compression.class)
    void kafkaReadsWhatWeWrite(Compression compression) {
        for (long seed = 0; seed < 20; seed++) {
            var rows = Rows.random(seed);

            var theirs = MemoryRecords.readableRecords(Rows.encode(rows, compression))
                    .batchIterator()
                    .next();

            theirs.ensureValid();
            assertThat(theirs.compressionType().id).as("seed %d", seed).isEqualTo((byte) compression.id());
            assertThat(theirs.producerId()).isEqualTo(77);
            assertThat(theirs.baseSequence()).isEqualTo(5);
            assertThat(theirs.maxTimestamp()).isEqualTo(Rows.maxTimestamp(rows));
            assertThat(Rows.readWithKafka(theirs)).as("seed %d", seed).isEqualTo(rows);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void weReadWhatKafkaWrites(Compression compression) {
        for (long seed = 0; seed < 20; seed++) {
            var rows = Rows.random(seed);
            var bytes = Rows.encodeWithKafka(rows, compression);

            var ours = RecordBatch.of(bytes);

            assertThat(ours.crcMatches()).as("seed %d", seed).isTrue();
            assertThat(ours.compression()).isEqualTo(compression);
            assertThat(ours.baseOffset()).isEqualTo(1000);
            assertThat(ours.endOffset()).isEqualTo(1000 + rows.size());
            assertThat(ours.maxTimestamp()).isEqualTo(Rows.maxTimestamp(rows));
            assertThat(Rows.read(ours)).as("seed %d", seed).isEqualTo(rows);
        }
    }
}
