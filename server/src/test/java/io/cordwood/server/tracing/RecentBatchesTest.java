package io.cordwood.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.server.tracing.RecentBatches.Batch;
import io.cordwood.server.tracing.RecentBatches.Range;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecentBatchesTest {
    private final RecentBatches recent = new RecentBatches(2);

    private static Range range(long start, long end) {
        return new Range(new Place("orders", 0), start, end);
    }

    private static Batch batch(long start, long end) {
        return new Batch(range(start, end), Map.of());
    }

    @Test
    void newestBatchesAreKept() {
        recent.committed(batch(0, 1));
        recent.committed(batch(1, 2));
        recent.committed(batch(2, 3));

        assertThat(recent.delivered(range(0, 3), 10)).containsExactly(batch(1, 2), batch(2, 3));
    }

    @Test
    void newestDeliveriesAreKept() {
        recent.delivered(range(0, 5), 10);
        recent.delivered(range(5, 6), 10);
        recent.delivered(range(6, 7), 10);

        assertThat(recent.committed(batch(0, 5))).isZero();
        assertThat(recent.committed(batch(5, 6))).isEqualTo(1);
    }

    @Test
    void noMoreThanAskedForAreFound() {
        recent.committed(batch(0, 1));
        recent.committed(batch(1, 2));

        assertThat(recent.delivered(range(0, 2), 1)).containsExactly(batch(0, 1));
    }
}
