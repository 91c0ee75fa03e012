package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryBytesTest {
    private static final long GIB = 1L << 30;

    private final EntryBytes bytes = new EntryBytes();

    @Test
    void nothingIsBehindTheNewestEntry() {
        bytes.add(7, EntryBytes.MARK_BYTES);

        assertThat(bytes.behind(7)).isZero();
        assertThat(bytes.behind(6)).isEqualTo(EntryBytes.MARK_BYTES);
    }

    @Test
    void estimateIsNeverTooLowAndNearTheEndTooHighByLessThanAMark() {
        long[] upTo = addRandom(2_000);

        for (int index = upTo.length - 200; index < upTo.length; index++) {
            long lacking = upTo[upTo.length - 1] - upTo[index];
            assertThat(bytes.behind(index)).isBetween(lacking, lacking + EntryBytes.MARK_BYTES);
        }
    }

    @Test
    void furtherBackItIsOffByAFifteenthAtMost() {
        long[] upTo = addRandom(100_000);

        for (int index = 1; index < upTo.length; index += 17) {
            long lacking = upTo[upTo.length - 1] - upTo[index];
            assertThat(bytes.behind(index)).isBetween(lacking, lacking + EntryBytes.MARK_BYTES + lacking / 15);
        }
    }

    @Test
    void tensOfGibibytesBackAreSeen() {
        int entries = 64 << 10;
        for (int index = 1; index <= entries; index++) {
            bytes.add(index, 1 << 20);
        }

        assertThat(bytes.behind(0)).isEqualTo(64 * GIB);
        assertThat(bytes.behind(entries / 2)).isBetween(32 * GIB, 35 * GIB);
    }

    @Test
    void whatLiesFurtherBackCountsAsFarAsItIsKnown() {
        long coarsest = (long) EntryBytes.MARK_BYTES << (2 * (EntryBytes.LEVELS - 1));
        int entryBytes = 1 << 30;
        int entries = (int) (2 * EntryBytes.MARKS * coarsest / entryBytes);
        for (int index = 1; index <= entries; index++) {
            bytes.add(index, entryBytes);
        }

        assertThat(bytes.behind(1)).isEqualTo((EntryBytes.MARKS - 1) * coarsest);
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

    /** Returns the bytes up to each entry, which is its number. */
    private long[] addRandom(int count) {
        var random = new Random(11);
        long[] upTo = new long[count];
        for (int index = 1; index < upTo.length; index++) {
            int size = random.nextInt(64 << 10);
            upTo[index] = upTo[index - 1] + size;
            bytes.add(index, size);
        }
        return upTo;
    }
}
