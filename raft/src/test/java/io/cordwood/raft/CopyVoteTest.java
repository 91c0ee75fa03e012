package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.CopyReport.Copy;
import io.cordwood.store.SegmentHash;
import java.util.List;
import org.junit.jupiter.api.Test;

class CopyVoteTest {
    private static final CopyReport A = copy(1);
    private static final CopyReport B = copy(2);
    private static final CopyReport C = copy(3);

    private static CopyReport copy(long hash) {
        return CopyReport.sound(100, new SegmentHash(hash, 0, 0, 0));
    }

    private static CopyVote.Outcome vote(CopyReport... reports) {
        return new CopyVote(List.of(reports)).decide();
    }

    private static CopyVote.Right right(CopyReport report) {
        return new CopyVote.Right(report.copy());
    }

    @Test
    void twoOfThreeAreRightWhateverTheThirdSays() {
        for (var third :
                List.of(A, B, CopyReport.DAMAGED, CopyReport.ABSENT, CopyReport.PENDING, CopyReport.UNREACHABLE)) {
            assertThat(vote(A, A, third)).isEqualTo(right(A));
            assertThat(vote(third, A, A)).isEqualTo(right(A));
        }
    }

    @Test
    void copyIsRightWhereNoOtherOneSpeaksAgainstIt() {
        assertThat(vote(CopyReport.DAMAGED, CopyReport.DAMAGED, A)).isEqualTo(right(A));
        assertThat(vote(CopyReport.DAMAGED, CopyReport.ABSENT, A)).isEqualTo(right(A));
        assertThat(vote(CopyReport.DAMAGED, A)).isEqualTo(right(A));
        assertThat(vote(CopyReport.DAMAGED, A, CopyReport.DAMAGED, A, CopyReport.ABSENT))
                .isEqualTo(right(A));
    }

    @Test
    void nobodyGuesses() {
        assertThat(vote(A, B)).isInstanceOf(CopyVote.Undecided.class);
        assertThat(vote(A, B, C)).isInstanceOf(CopyVote.Undecided.class);
        assertThat(vote(A, B, CopyReport.DAMAGED)).isInstanceOf(CopyVote.Undecided.class);
        assertThat(vote(A, A, B, B)).isInstanceOf(CopyVote.Undecided.class);
        assertThat(vote(CopyReport.DAMAGED)).isInstanceOf(CopyVote.Undecided.class);
        assertThat(vote(CopyReport.DAMAGED, CopyReport.DAMAGED, CopyReport.DAMAGED))
                .isInstanceOf(CopyVote.Undecided.class);
    }

    @Test
    void oneThatDoesNotAnswerMayHaveAnother() {
        assertThat(vote(CopyReport.DAMAGED, A, CopyReport.UNREACHABLE)).isInstanceOf(CopyVote.Undecided.class);
        assertThat(vote(CopyReport.DAMAGED, A, CopyReport.PENDING)).isEqualTo(new CopyVote.Waits());
        assertThat(vote(A, B, CopyReport.PENDING)).isEqualTo(new CopyVote.Waits());
    }

    @Test
    void copiesOfAnotherSizeAreOthers() {
        var hash = new SegmentHash(1, 2, 3, 4);

        assertThat(vote(CopyReport.sound(1, hash), CopyReport.sound(2, hash)))
                .isEqualTo(new CopyVote.Undecided("of 2 copies 2 are sound in themselves (2 different ones), 0 damaged,"
                        + " 0 missing, 0 not to be asked"));
        assertThat(right(CopyReport.sound(1, hash)).copy()).isEqualTo(new Copy(1, hash));
    }
}
