package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompactionPlanTest {
    private static final CompactionRules RULES = new CompactionRules(50, 1_000, 0.5, 250);

    @Test
    void theActiveSegmentAndYoungOnesAreLeftAlone() {
        var table = table(100, 100, 100);

        assertThat(CompactionPlan.of(table, 0, 30, RULES, 52)).get().satisfies(plan -> {
            assertThat(plan.dirty()).isEqualTo(new OffsetRange(0, 20)); // the third one's newest record is of time 3
            assertThat(plan.groups()).hasSize(1);
        });
        assertThat(CompactionPlan.of(table, 0, 30, RULES, 50)).isEmpty();
        assertThat(CompactionPlan.of(SegmentTable.empty(0), 0, 30, RULES, 500)).isEmpty();
    }

    @Test
    void whatEndsBeyondTheLimitIsLeftAlone() {
        assertThat(CompactionPlan.of(table(100, 100, 100), 0, 29, RULES, 500))
                .get()
                .extracting(CompactionPlan::dirty)
                .isEqualTo(new OffsetRange(0, 20));
    }

    @Test
    void aPassIsDueWhenEnoughIsDirty() {
        var table = table(100, 100, 100);

        assertThat(CompactionPlan.of(table, 10, 30, RULES, 500)).isPresent();
        assertThat(CompactionPlan.of(table, 20, 30, RULES, 500)).isEmpty();
        var eager = new CompactionRules(0, 0, 0, 250);
        assertThat(CompactionPlan.of(table, 20, 30, eager, 500)).isPresent();
        assertThat(CompactionPlan.of(table, 30, 30, eager, 500)).isEmpty();
    }

    @Test
    void neighboursThatFitIntoOneFileAreMerged() {
        var plan = CompactionPlan.of(table(100, 100, 100, 300, 10), 0, 50, RULES, 500)
                .orElseThrow();

        assertThat(plan.groups().stream()
                        .map(group ->
                                group.stream().map(SealedSegment::baseOffset).toList()))
                .containsExactly(List.of(0L, 10L), List.of(20L), List.of(30L), List.of(40L));
        assertThat(plan.groupsBelow(11)).containsExactly(plan.groups().get(0));
        assertThat(plan.groupsBelow(10))
                .containsExactly(List.of(plan.groups().get(0).get(0)));
    }

    @Test
    void aFileHoldsNoMoreOffsetsThanKafkasIndexCanCount() {
        long far = Integer.MAX_VALUE;
        var table = SegmentTable.of(
                List.of(sealed(0, 10, 5), sealed(10, far, 5), sealed(far, far + 1, 5)),
                ActiveSegmentInfo.empty(far + 1));

        var plan = CompactionPlan.of(table, 0, far + 1, RULES, 500).orElseThrow();

        assertThat(plan.groups()).extracting(List::size).containsExactly(2, 1);
    }

    @Test
    void aRewrittenSegmentTakesThePlaceOfItsSourcesInTheTable() {
        var table = table(100, 100, 100);
        var merged = new SealedSegment(10, 30, 120, 3, SegmentHash.NONE, 1);

        assertThat(table.replace(merged).sealed())
                .containsExactly(table.sealed().get(0), merged);
        assertThat(table.trimTo(20).replace(merged)).isEqualTo(table.trimTo(20));
        assertThat(table.replace(new SealedSegment(10, 25, 120, 3, SegmentHash.NONE, 1)))
                .isEqualTo(table);
        assertThat(table.replace(new SealedSegment(12, 30, 120, 3, SegmentHash.NONE, 1)))
                .isEqualTo(table);
    }

    /** Segments of ten offsets each and these sizes; the newest record of the n-th one has time n. */
    private static SegmentTable table(long... sizes) {
        var sealed = new ArrayList<SealedSegment>();
        for (int i = 0; i < sizes.length; i++) {
            sealed.add(new SealedSegment(i * 10L, i * 10L + 10, sizes[i], i + 1, SegmentHash.NONE, 0));
        }
        return SegmentTable.of(sealed, ActiveSegmentInfo.empty(sizes.length * 10L));
    }

    private static SealedSegment sealed(long base, long end, long size) {
        return new SealedSegment(base, end, size, 1, SegmentHash.NONE, 0);
    }
}
