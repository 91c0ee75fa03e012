package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metrics.NodeMeters;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ScrubPaceTest {
    private static final int RATE = 4 * ScrubPace.PIECE_BYTES;

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicBoolean busy = new AtomicBoolean();
    private final ScrubPace pace = pace(nanos::addAndGet);

    private ScrubPace pace(CatchUpRate.Pause pause) {
        var counters = new ScrubCounters(NodeMeters.unseen(), nanos::get);
        return new ScrubPace(new CatchUpRate(RATE, nanos::get, pause), busy::get, counters);
    }

    private void read(int seconds) throws InterruptedIOException {
        for (int i = 0; i < seconds * 1024; i++) {
            pace.passed(RATE / 1024);
        }
    }

    private long seconds() {
        return TimeUnit.NANOSECONDS.toSeconds(nanos.get());
    }

    @Test
    void smallBatchesAreReadAtTheRate() throws Exception {
        read(100);

        assertThat(seconds()).isBetween(98L, 100L);
    }

    @Test
    void readsTakeAQuarterWhileTheNodeIsBusy() throws Exception {
        busy.set(true);
        read(100);

        assertThat(seconds()).isBetween(395L, 400L);
    }

    @Test
    void interruptEndsIt() {
        var interrupted = pace(ignored -> {
            throw new InterruptedException();
        });

        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10; i++) {
                        interrupted.passed(RATE);
                    }
                })
                .isInstanceOf(InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
    }
}
