package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentTableTest {
    @TempDir
    Path temporary;

    @Test
    void entriesGrowTheActiveSegmentAndRollsSealIt() {
        var table = SegmentTable.empty(10)
                .append(10, 100, 500, true, 7_000)
                .append(15, 50, 400, false, 7_001)
                .append(20, 80, 600, true, 7_002);

        assertThat(table.sealed()).containsExactly(new SealedSegment(10, 20, 150, 500, SegmentHash.NONE, 0));
        assertThat(table.active()).isEqualTo(new ActiveSegmentInfo(20, 7_002, 80, 600));
    }

    @Test
    void trimDropsSealedSegmentsThatLieBelowAsAWhole() {
        var table = SegmentTable.empty(0)
                .append(0, 100, 1, false, 1)
                .append(10, 100, 1, true, 1)
                .append(20, 100, 1, true, 1);

        assertThat(table.trimTo(9)).isSameAs(table);
        assertThat(table.trimTo(10).sealed())
                .extracting(SealedSegment::baseOffset)
                .containsExactly(10L);
        assertThat(table.trimTo(29).sealed()).isEmpty();
        assertThat(table.trimTo(29).active()).isEqualTo(table.active());
    }

    @Test
    void holesAreRefused() {
        var sealed = new SealedSegment(0, 10, 100, 1, SegmentHash.NONE, 0);

        assertThatThrownBy(() -> SegmentTable.of(List.of(sealed), ActiveSegmentInfo.empty(11)))
                .hasMessageContaining("ends at 10, the next begins at 11");
    }

    @Test
    void tableThatGrewIsTheOneThatIsCheckedAsAWhole() {
        var random = new Random(5);
        var table = SegmentTable.empty(3);
        long end = 3;
        for (int i = 0; i < 500; i++) {
            var before = table;
            var sealedBefore = List.copyOf(before.sealed());
            table = table.append(end, 1 + random.nextInt(100), random.nextInt(1_000), random.nextInt(3) == 0, i);
            end += 1 + random.nextInt(4);
            table = random.nextInt(20) == 0 ? table.trimTo(end - 40) : table;

            var checked = SegmentTable.of(table.sealed(), table.active());
            assertThat(table).isEqualTo(checked).hasSameHashCodeAs(checked).hasToString(checked.toString());
            assertThat(before.sealed()).isEqualTo(sealedBefore);
        }
        assertThat(table.sealed()).isNotEmpty();
    }

    @Test
    void batchThatMovesOnlyTheActiveSegmentSharesTheSealedOnes() {
        var table = SegmentTable.empty(0).append(0, 100, 1, false, 1).append(10, 100, 1, true, 1);

        assertThat(table.append(20, 100, 1, false, 2).sealed()).isSameAs(table.sealed());
    }

    @Test
    void sealedSegmentsOfATableCannotBeChanged() {
        var given = new ArrayList<>(List.of(new SealedSegment(0, 10, 100, 1, SegmentHash.NONE, 0)));
        var checked = SegmentTable.of(given, new ActiveSegmentInfo(10, 1, 100, 1));
        var grown = checked.append(20, 100, 1, true, 1);
        given.clear();

        assertThat(checked.sealed()).hasSize(1);
        for (var table : List.of(checked, grown)) {
            assertThatThrownBy(() -> table.sealed().remove(0)).isInstanceOf(UnsupportedOperationException.class);
        }
    }

    @Test
    void segmentThatWouldBeSealedEmptyIsRefused() {
        var table = SegmentTable.empty(10).append(10, 100, 1, false, 1);

        assertThatThrownBy(() -> table.append(10, 100, 1, true, 1)).hasMessageContaining("no segment: [10, 10)");
    }

    @Test
    void tableOfTheEntriesIsWhatTheLogHasInItsFiles() throws Exception {
        var random = new Random(4);
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            var table = SegmentTable.empty(0);
            for (int i = 0; i < 200; i++) {
                long base = test.log().writtenEndOffset();
                boolean roll = random.nextInt(6) == 0;
                var batch = Batches.batch(base, 1, 1 + random.nextInt(3), "v".repeat(random.nextInt(50)));
                test.append(base, Batches.split(batch).get(0).recordCount(), "x", roll);
                int size = (int) (test.log()
                                .segments()
                                .get(test.log().segments().size() - 1)
                                .sizeBytes()
                        - (roll || table.active().isEmpty() ? 0 : table.active().sizeBytes()));
                table = table.append(base, size, 1, roll, i);
            }
            test.commit();
            test.trimTo(test.log().highWatermark() / 2);
            table = table.trimTo(test.log().highWatermark() / 2);

            var segments = test.log().segments();
            assertThat(segments).hasSize(table.sealed().size() + 1);
            for (int i = 0; i < table.sealed().size(); i++) {
                var sealed = table.sealed().get(i);
                assertThat(segments.get(i))
                        .isEqualTo(new SegmentInfo(sealed.baseOffset(), sealed.endOffset(), sealed.sizeBytes()));
            }
        }
    }

    @Test
    void segmentRollsBySizeOrAgeButNeverEmpty() {
        var config = LogConfig.defaults().withSegmentMaxBytes(2_000).withSegmentMaxAge(Duration.ofSeconds(1));
        var active = new ActiveSegmentInfo(0, 5_000, 1_500, 1);

        assertThat(config.shouldRoll(active, 500, 5_999)).isFalse();
        assertThat(config.shouldRoll(active, 501, 5_999)).isTrue();
        assertThat(config.shouldRoll(active, 1, 6_000)).isTrue();
        assertThat(config.shouldRoll(ActiveSegmentInfo.empty(0), 9_999, 99_000)).isFalse();
    }

    @Test
    void impossibleSettingsAreRefused() {
        assertThatThrownBy(() -> LogConfig.defaults().withSegmentMaxBytes(1_023))
                .hasMessage("segmentMaxBytes must be at least 1024, found 1023");
        assertThatThrownBy(() -> LogConfig.defaults().withIndexIntervalBytes(0))
                .hasMessageContaining("indexIntervalBytes");
        assertThatThrownBy(() -> LogConfig.defaults().withSegmentMaxAge(Duration.ZERO))
                .hasMessageContaining("segmentMaxAge");
    }
}
