package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryBytesTest {
    private final EntryBytes bytes = new EntryBytes();

    @Test
    void nothingIsBehindTheNewestEntry() {
        bytes.add(7, EntryBytes.MARK_BYTES);

        assertThat(bytes.behind(7)).isZero();
        assertThat(bytes.behind(6)).isEqualTo(EntryBytes.MARK_BYTES);
    }

    @Test
    void estimateIsNeverTooLowAndTooHighByLessThanAMark() {
        var random = new Random(11);
        long[] upTo = new long[2_000];
        for (int index = 1; index < upTo.length; index++) {
            int size = random.nextInt(64 << 10);
            upTo[index] = upTo[index - 1] + size;
            bytes.add(index, size);
        }

        for (int index = upTo.length - 500; index < upTo.length; index++) {
            long lacking = upTo[upTo.length - 1] - upTo[index];
            assertThat(bytes.behind(index)).isBetween(lacking, lacking + EntryBytes.MARK_BYTES);
        }
    }

    @Test
    void whatLiesFurtherBackCountsAsFarAsItIsKnown() {
        for (int index = 1; index <= 10 * EntryBytes.MARKS; index++) {
            bytes.add(index, EntryBytes.MARK_BYTES);
        }

        assertThat(bytes.behind(1)).isEqualTo((EntryBytes.MARKS - 1L) * EntryBytes.MARK_BYTES);
    }

    @Test
    void entriesOfANewLeaderFollowThoseThatWereCut() {
        for (int index = 1; index <= 10; index++) {
            bytes.add(index, EntryBytes.MARK_BYTES);
        }
        bytes.add(4, EntryBytes.MARK_BYTES);

        assertThat(bytes.behind(4)).isZero();
        assertThat(bytes.behind(3)).isGreaterThanOrEqualTo(EntryBytes.MARK_BYTES);
    }

    @Test
    void emptyLogLacksNothing() {
        assertThat(bytes.behind(5)).isZero();
    }
}
