package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BatchChainTest {
    private static final int LAST_OFFSET_DELTA_POSITION = 23;

    @Test
    void batchMayEndAtTheLargestOffsetAndNotBeyond() {
        long base = Long.MAX_VALUE - 4;

        assertThat(problemOf(base, 3)).isNull();
        assertThat(problemOf(base, 4)).hasToString("last offset delta expected within [0, 3], found 4");
        assertThat(problemOf(Long.MAX_VALUE - 1, 0)).isNull();
        assertThat(problemOf(Long.MAX_VALUE, 0)).isNotNull();
    }

    @Test
    void negativeLastOffsetDeltaIsAProblem() {
        assertThat(problemOf(0, -1)).isNotNull();
        assertThat(problemOf(0, Integer.MAX_VALUE)).isNull();
    }

    private static @Nullable BatchProblem problemOf(long base, int lastOffsetDelta) {
        ByteBuffer batch = Batches.batch(base, 1, 1, "a").putInt(LAST_OFFSET_DELTA_POSITION, lastOffsetDelta);
        return new BatchChain(base, 1).problemAt(batch, 0, batch.limit());
    }
}
