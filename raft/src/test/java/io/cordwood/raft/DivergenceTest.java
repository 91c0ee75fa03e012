package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.store.LeaderEpoch;
import io.cordwood.store.OffsetRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class DivergenceTest {
    private static BatchPrint print(long baseOffset, int crc) {
        return new BatchPrint(baseOffset, baseOffset + 2, 100, 7, crc);
    }

    private static List<BatchPrint> prints(int... crcs) {
        var prints = new ArrayList<BatchPrint>();
        for (int crc : crcs) {
            prints.add(print(2L * prints.size(), crc));
        }
        return prints;
    }

    /** Hands out so many at a time. */
    private static Divergence.Prints side(List<BatchPrint> all, int atOnce) {
        return offset -> all.stream()
                .filter(print -> print.baseOffset() >= offset)
                .limit(atOnce)
                .toList();
    }

    private static long sharedEnd(List<BatchPrint> own, List<BatchPrint> source) throws Exception {
        return Divergence.sharedEnd(0, side(own, 2), side(source, 3));
    }

    @Test
    void firstDifferenceEndsWhatIsShared() throws Exception {
        assertThat(sharedEnd(prints(1, 2, 9, 4), prints(1, 2, 3, 4, 5))).isEqualTo(4);
        assertThat(sharedEnd(prints(9), prints(1))).isZero();
    }

    @Test
    void whatTheSourceDoesNotHaveYetIsNoDifference() throws Exception {
        assertThat(sharedEnd(prints(1, 2, 3, 4), prints(1, 2))).isEqualTo(4);
    }

    @Test
    void ownEndIsWhereToFetchFrom() throws Exception {
        assertThat(sharedEnd(prints(1, 2), prints(1, 2, 3, 4))).isEqualTo(4);
        assertThat(sharedEnd(List.of(), prints(1))).isZero();
    }

    @Test
    void sourceIsNotAskedWhereThereIsNothingToCompare() throws Exception {
        Divergence.Prints source = offset -> {
            throw new IOException("asked");
        };

        assertThat(Divergence.sharedEnd(0, side(List.of(), 1), source)).isZero();
    }

    @Test
    void otherEpochSizeOrEndIsADifference() throws Exception {
        var batch = print(0, 1);
        for (var other : List.of(
                new BatchPrint(0, 2, 100, 8, 1), new BatchPrint(0, 2, 101, 7, 1), new BatchPrint(0, 3, 100, 7, 1))) {
            assertThat(sharedEnd(List.of(other), List.of(batch))).isZero();
        }
    }

    @Test
    void fileThatOnlyOneSideHasIsADifference() {
        assertThat(Divergence.sameFilesEnd(0, 20, Set.of(0L, 8L), Set.of(0L, 12L)))
                .isEqualTo(8);
        assertThat(Divergence.sameFilesEnd(9, 20, Set.of(0L, 8L), Set.of(0L, 12L)))
                .isEqualTo(12);
        assertThat(Divergence.sameFilesEnd(0, 8, Set.of(0L, 8L), Set.of(0L))).isEqualTo(8);
        assertThat(Divergence.sameFilesEnd(0, 20, Set.of(0L, 12L), Set.of(0L, 12L, 20L)))
                .isEqualTo(20);
    }

    @Test
    void offsetsOfOneEpochAreTheSameOnBothSides() {
        var source = List.of(new LeaderEpoch(1, 0), new LeaderEpoch(3, 20), new LeaderEpoch(4, 40));

        assertThat(sameEpochsEnd(5, 60, source, source)).isEqualTo(60);
        assertThat(sameEpochsEnd(5, 30, List.of(new LeaderEpoch(1, 0)), source)).isEqualTo(20);
        assertThat(sameEpochsEnd(5, 30, List.of(new LeaderEpoch(1, 0), new LeaderEpoch(2, 10)), source))
                .isEqualTo(10);
        assertThat(sameEpochsEnd(15, 30, List.of(new LeaderEpoch(1, 0), new LeaderEpoch(2, 10)), source))
                .isEqualTo(15);
        assertThat(sameEpochsEnd(25, 50, List.of(new LeaderEpoch(3, 22)), source))
                .isEqualTo(40);
        assertThat(sameEpochsEnd(5, 5, List.of(), source)).isEqualTo(5);
    }

    private static long sameEpochsEnd(long start, long end, List<LeaderEpoch> own, List<LeaderEpoch> source) {
        return Divergence.sameEpochsEnd(new OffsetRange(start, end), own, source);
    }

    @RepeatedTest(50)
    void sharedEndIsTheCommonBeginning(RepetitionInfo repetition) throws Exception {
        var random = new Random(repetition.getCurrentRepetition());
        var own = random.ints(random.nextInt(12), 0, 3).toArray();
        var source = random.ints(random.nextInt(12), 0, 3).toArray();
        int common = 0;
        while (common < own.length && common < source.length && own[common] == source[common]) {
            common++;
        }

        long end = Divergence.sharedEnd(
                0, side(prints(own), 1 + random.nextInt(4)), side(prints(source), 1 + random.nextInt(4)));

        assertThat(end).isEqualTo(2L * common);
    }

    @Test
    void printsSurviveTheWire() {
        var prints = prints(1, -2, 3);

        assertThat(BatchPrint.decode(BatchPrint.encode(prints))).isEqualTo(prints);
    }
}
