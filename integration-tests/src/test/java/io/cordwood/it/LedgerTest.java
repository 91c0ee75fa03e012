package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The judge of the crash tests finds what it is there to find. */
class LedgerTest {
    private static final Ledger.Entry FIRST = entry(0, 10, 1, 7);
    private static final Ledger.Entry SECOND = entry(0, 11, 1, 8);
    private static final Ledger LEDGER = new Ledger(List.of(FIRST, SECOND));

    @Test
    void recordsAtTheirPlacesAreFine() {
        assertThat(LEDGER.judge(List.of(FIRST, SECOND, entry(0, 12, 1, 9)))).isEmpty();
    }

    @Test
    void missingAndMovedRecordsAreLost() {
        assertThat(LEDGER.judge(List.of(FIRST))).singleElement().asString().startsWith("lost: record 8 of producer 1");
        assertThat(LEDGER.judge(List.of(FIRST, entry(0, 12, 1, 8)))).hasSize(1);
    }

    @Test
    void secondCopyIsFound() {
        assertThat(LEDGER.judge(List.of(FIRST, SECOND, entry(1, 0, 1, 8))))
                .singleElement()
                .asString()
                .startsWith("twice: record 8 of producer 1");
    }

    @Test
    void earlierNumberBehindLaterIsOutOfOrder() {
        assertThat(LEDGER.judge(List.of(FIRST, SECOND, entry(0, 12, 1, 6))))
                .singleElement()
                .asString()
                .startsWith("out of order: record 6 of producer 1");
        assertThat(LEDGER.judge(List.of(FIRST, SECOND, entry(0, 12, 2, 6)))).isEmpty();
    }

    @Test
    void bytesOfRecordAreParsedBack() {
        var record = new LoadRecord(3, 70_000);

        assertThat(LoadRecord.parse(record.value())).isEqualTo(record);
    }

    @Test
    void changedByteIsFound() {
        var value = new LoadRecord(3, 70_000).value();
        value[100] ^= 1;

        assertThatThrownBy(() -> LoadRecord.parse(value)).hasMessageContaining("other bytes");
    }

    private static Ledger.Entry entry(int partition, long offset, int producer, int number) {
        return new Ledger.Entry(new Ledger.Place(partition, offset), new LoadRecord(producer, number));
    }
}
