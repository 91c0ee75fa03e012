package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metrics.NodeMeters;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InstallSlotTest {
    private static final TermIndex FIRST = TermIndex.valueOf(1, 100);
    private static final int PATIENCE_SECONDS = 30;

    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final CatchUpCounters counters = new CatchUpCounters(NodeMeters.unseen());

    @AfterEach
    void close() {
        executor.shutdownNow();
        Threads.join(executor, PATIENCE_SECONDS, "a catch-up");
    }

    private InstallSlot slot(InstallSlot.Work work) {
        return new InstallSlot(() -> "a group", executor, counters, work);
    }

    @Test
    void closeInterruptsTheCatchUpAndWaitsForItsEnd() throws Exception {
        var begun = new CountDownLatch(1);
        var ended = new AtomicBoolean();
        var slot = slot((leader, first) -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
                return Optional.empty();
            } finally {
                ended.set(true);
            }
        });
        var answer = slot.notified(() -> 2, FIRST);
        assertThat(begun.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

        slot.close();

        assertThat(ended).isTrue();
        assertThatThrownBy(() -> answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        assertThat(executor.submit(Thread::interrupted).get()).isFalse();
    }

    @Test
    void slotThatIsClosedBeginsNothing() {
        var runs = new AtomicInteger();
        var slot = slot((leader, first) -> {
            runs.incrementAndGet();
            return Optional.empty();
        });
        slot.close();

        var answer = slot.notified(() -> 2, FIRST);

        assertThatThrownBy(() -> answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        assertThat(runs).hasValue(0);
    }

    @Test
    void whatGoesWrongIsNotThrownAtRatis() {
        var slot = slot((leader, first) -> Optional.empty());

        var answer = slot.notified(() -> Integer.parseInt(""), FIRST);

        assertThat(answer).isCompletedExceptionally();
    }

    @Test
    void errorWhileCatchingUpIsNotTheLastTry() {
        var runs = new AtomicInteger();
        var slot = slot((leader, first) -> {
            runs.incrementAndGet();
            throw new OutOfMemoryError("of a test");
        });

        for (int i = 0; i < 2; i++) {
            var answer = slot.notified(() -> 2, FIRST);
            assertThatThrownBy(() -> answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class);
        }

        assertThat(runs).hasValue(2);
    }
}
