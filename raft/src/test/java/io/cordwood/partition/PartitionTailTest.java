package io.cordwood.partition;

import static io.cordwood.partition.Entries.PARTITION;
import static io.cordwood.partition.Entries.entry;
import static io.cordwood.partition.Entries.entryOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.cordwood.store.ActiveSegmentInfo;
import io.cordwood.store.LogConfig;
import io.cordwood.store.ProducerState;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionTailTest {
    private final PartitionTail tail = new PartitionTail(PARTITION, 4, 10, 500, 0);

    @Test
    void newTailEndsAtWhatIsApplied() {
        assertThat(tail.endOffset()).isEqualTo(10);
        assertThat(tail.lastLeaderTimeMs()).isEqualTo(500);
        assertThat(tail.draft()).isEmpty();
    }

    @Test
    void appendMovesTheEnd() {
        tail.append(entry(10, 4, 500), 1, 7);
        tail.append(entry(14, 1, 501), 1, 9);

        assertThat(tail.endOffset()).isEqualTo(15);
        assertThat(tail.lastLeaderTimeMs()).isEqualTo(501);
    }

    @Test
    void entryThatLeavesAHoleOrOverlapsIsRefused() {
        for (long offset : new long[] {9, 11}) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> tail.append(entry(offset, 1, 500), 1, 7))
                    .withMessageContaining("expected 10, found " + offset);
        }
        assertThat(tail.endOffset()).isEqualTo(10);
    }

    @Test
    void leaderTimeNeverFalls() {
        assertThatIllegalStateException().isThrownBy(() -> tail.append(entry(10, 1, 499), 1, 7));
    }

    @Test
    void truncateSetsTheEndBackToTheEntryBefore() {
        tail.append(entry(10, 4, 510), 1, 7);
        tail.append(entry(14, 1, 520), 1, 9);
        tail.append(entry(15, 1, 530), 2, 10);

        tail.truncate(9);

        assertThat(tail.endOffset()).isEqualTo(14);
        assertThat(tail.lastLeaderTimeMs()).isEqualTo(510);
        tail.append(entry(14, 3, 511), 3, 9);
        assertThat(tail.endOffset()).isEqualTo(17);
    }

    @Test
    void truncateOfEverythingGoesBackToWhatIsApplied() {
        tail.append(entry(10, 4, 510), 1, 7);

        tail.truncate(0);

        assertThat(tail.endOffset()).isEqualTo(10);
        assertThat(tail.lastLeaderTimeMs()).isEqualTo(500);
    }

    @Test
    void appliedGivesEntriesInOrderAndKeepsTheEnd() {
        tail.append(entry(10, 4, 510), 1, 7);
        tail.append(entry(14, 1, 520), 1, 9);

        assertThat(tail.applied(1, 7)).contains(entry(10, 4, 510));
        assertThat(tail.applied(1, 9)).contains(entry(14, 1, 520));
        assertThat(tail.endOffset()).isEqualTo(15);
        assertThat(tail.lastLeaderTimeMs()).isEqualTo(520);
    }

    @Test
    void entryThatIsNotTheOldestIsNotApplied() {
        tail.append(entry(10, 4, 510), 1, 7);
        tail.append(entry(14, 1, 520), 1, 9);

        assertThat(tail.applied(1, 9)).isEmpty();
        assertThat(tail.applied(2, 7)).isEmpty();
        assertThat(tail.applied(1, 7)).isPresent();
        assertThat(tail.applied(1, 7)).isEmpty();
    }

    @Test
    void leadNeedsEverythingApplied() {
        tail.append(entry(10, 4, 510), 1, 7);

        assertThatIllegalStateException().isThrownBy(() -> lead(2)).withMessageContaining("raft index 7");
        assertThat(tail.draft()).isEmpty();
    }

    @Test
    void leaderAcceptsOnlyTheNextOffsetOfItsTerm() {
        lead(2);

        assertThat(tail.accepts(entry(10, 1, 500), 2)).isTrue();
        assertThat(tail.accepts(entry(11, 1, 510), 2)).isFalse();
        assertThat(tail.accepts(entry(10, 1, 500), 1)).isFalse();
        assertThat(tail.accepts(entry(10, 1, 500), 3)).isFalse();
        assertThat(tail.accepts(entry(10, 1, 499), 2)).isFalse();
    }

    @Test
    void trimMovesTheLogStartAndNotTheEnd() {
        tail.append(new TrimEntry(PARTITION, 510, 7), 1, 7);

        assertThat(tail.logStartOffset()).isEqualTo(7);
        assertThat(tail.endOffset()).isEqualTo(10);
        assertThat(tail.lastLeaderTimeMs()).isEqualTo(510);
        tail.truncate(7);
        assertThat(tail.logStartOffset()).isEqualTo(4);
    }

    @Test
    void logStartNeverFallsNorPassesTheEnd() {
        assertThatIllegalStateException().isThrownBy(() -> tail.append(new TrimEntry(PARTITION, 510, 3), 1, 7));
        assertThatIllegalStateException().isThrownBy(() -> tail.append(new TrimEntry(PARTITION, 510, 11), 1, 7));
        lead(2);
        assertThat(tail.accepts(new TrimEntry(PARTITION, 510, 3), 2)).isFalse();
        assertThat(tail.accepts(new TrimEntry(PARTITION, 510, 5), 2)).isTrue();
    }

    @Test
    void segmentThatIsAllTrimmedIsRolledByTheNextEntry() {
        tail.lead(2, new ProducerState(), new ActiveSegmentInfo(0, 500, 1_000, 500));
        assertThat(draftedEntry().roll()).isFalse();

        tail.append(new TrimEntry(PARTITION, 510, 10), 2, 12);

        assertThat(draftedEntry().roll()).isTrue();
        assertThat(tail.activeBaseOffset()).hasValue(0);
        tail.append(draftedEntry(), 2, 13);
        assertThat(tail.activeBaseOffset()).hasValue(10);
        assertThat(draftedEntry().roll()).isFalse();
    }

    private AppendEntry draftedEntry() {
        var draft = tail.draft().orElseThrow();
        draft.offer(Entries.batch("a"), OptionalLong.empty(), 510);
        return draft.entry(LogConfig.defaults(), 510);
    }

    @Test
    void truncateEndsLeading() {
        lead(2);

        tail.truncate(100);

        assertThat(tail.draft()).isEmpty();
        assertThat(tail.accepts(entry(10, 1, 500), 2)).isFalse();
    }

    @Test
    void entryOfAnotherTermEndsLeading() {
        lead(2);

        tail.append(entry(10, 1, 510), 3, 12);

        assertThat(tail.draft()).isEmpty();
        assertThat(tail.accepts(entry(11, 1, 510), 2)).isFalse();
    }

    @Test
    void leaderRemembersProducersAheadOfApply() {
        lead(2);
        tail.append(entryOf(9, 0, 10, 510), 2, 12);

        var verdict = tail.draft().orElseThrow().offer(Entries.batchOf(9, 0, 0, "a"), OptionalLong.empty(), 510);

        assertThat(verdict).isEqualTo(new AppendDraft.Verdict.Duplicate(10, 11));
    }

    @Test
    void nextTermForgetsWhatTheLostEntriesBrought() {
        lead(2);
        tail.append(entryOf(9, 5, 10, 510), 2, 12);
        tail.truncate(12);
        lead(3);

        var verdict = tail.draft().orElseThrow().offer(Entries.batchOf(9, 0, 5, "a"), OptionalLong.empty(), 510);

        assertThat(verdict).isEqualTo(new AppendDraft.Verdict.Accepted(10, 11));
    }

    private void lead(long term) {
        tail.lead(term, new ProducerState(), ActiveSegmentInfo.empty(10));
    }

    private record InLog(long term, long index, PartitionEntry entry, long endOffset, long logStartOffset) {}

    /** The raft log as a plain list beside the tail. */
    private static final class Model {
        private final Random random;
        private final PartitionTail tail = new PartitionTail(PARTITION, 0, 0, 0, 0);
        private final List<InLog> log = new ArrayList<>();
        private int applied;
        private long term = 1;
        private long nextIndex;

        Model(long seed) {
            random = new Random(seed);
        }

        void step() {
            switch (random.nextInt(7)) {
                case 0, 1, 2 -> append();
                case 3 -> apply();
                case 4 -> truncate();
                case 5 -> trim();
                default -> lead();
            }
            assertThat(tail.endOffset()).isEqualTo(endOffset());
            assertThat(tail.logStartOffset()).isEqualTo(logStartOffset());
            assertThat(tail.lastLeaderTimeMs()).isEqualTo(lastTime());
        }

        private long endOffset() {
            return log.isEmpty() ? 0 : log.get(log.size() - 1).endOffset();
        }

        private long logStartOffset() {
            return log.isEmpty() ? 0 : log.get(log.size() - 1).logStartOffset();
        }

        private long lastTime() {
            return log.isEmpty() ? 0 : log.get(log.size() - 1).entry().leaderTimeMs();
        }

        private void append() {
            nextIndex += 1 + random.nextInt(2); // a configuration entry may take an index
            var entry = entry(endOffset(), 1 + random.nextInt(5), lastTime() + random.nextInt(3));
            tail.append(entry, term, nextIndex);
            log.add(new InLog(term, nextIndex, entry, entry.endOffset(), logStartOffset()));
        }

        private void trim() {
            long newStart = logStartOffset() + random.nextLong(endOffset() - logStartOffset() + 1);
            var entry = new TrimEntry(PARTITION, lastTime() + random.nextInt(3), newStart);
            tail.append(entry, term, ++nextIndex);
            log.add(new InLog(term, nextIndex, entry, endOffset(), newStart));
        }

        private void apply() {
            if (applied < log.size()) {
                var oldest = log.get(applied);
                assertThat(tail.applied(oldest.term(), oldest.index() + 1)).isEmpty();
                assertThat(tail.applied(oldest.term(), oldest.index())).contains(oldest.entry());
                applied++;
            } else {
                assertThat(tail.applied(term, nextIndex)).isEmpty();
            }
        }

        private void truncate() {
            int kept = applied + random.nextInt(log.size() - applied + 1);
            long firstRemoved = kept < log.size() ? log.get(kept).index() : nextIndex + 1;
            tail.truncate(firstRemoved);
            log.subList(kept, log.size()).clear();
            nextIndex = firstRemoved - 1;
            term++;
            assertThat(tail.draft()).isEmpty();
        }

        private void lead() {
            term++;
            if (applied < log.size()) {
                assertThatIllegalStateException().isThrownBy(this::leadNow);
            } else {
                leadNow();
                assertThat(tail.draft().orElseThrow().baseOffset()).isEqualTo(endOffset());
                assertThat(tail.accepts(entry(endOffset(), 1, lastTime()), term))
                        .isTrue();
            }
        }

        private void leadNow() {
            tail.lead(term, new ProducerState(), ActiveSegmentInfo.empty(endOffset()));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void tailFollowsTheLog(long seed) {
        var model = new Model(seed);
        for (int i = 0; i < 2_000; i++) {
            model.step();
        }
    }
}
