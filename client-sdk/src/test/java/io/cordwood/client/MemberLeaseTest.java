package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class MemberLeaseTest {
    private static final Duration SESSION = Duration.ofSeconds(9);
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private final MemberLease lease = new MemberLease(Duration.ofSeconds(30));

    @Test
    void leaseBeginsWhenTheHelloWasSentAndNotWhenItWasAnswered() {
        assertThat(lease.isOver(nanos(1_000))).isFalse();

        lease.begin(SESSION, INTERVAL, nanos(100));

        assertThat(lease.isOver(nanos(108))).isFalse();
        assertThat(lease.isOver(nanos(109))).isTrue();
        assertThat(lease.pingInterval()).isEqualTo(INTERVAL);
    }

    @Test
    void pongProlongsItFromItsPing() {
        lease.begin(SESSION, INTERVAL, nanos(100));
        long first = lease.ping(nanos(102));
        long second = lease.ping(nanos(104));
        assertThat(lease.isOver(nanos(110))).isTrue();

        lease.ponged(first, SESSION, INTERVAL);
        assertThat(lease.endNanos()).isEqualTo(nanos(111));
        lease.ponged(second, SESSION, INTERVAL);
        assertThat(lease.endNanos()).isEqualTo(nanos(113));
        lease.ponged(first, SESSION, INTERVAL);

        assertThat(lease.endNanos()).isEqualTo(nanos(113));
    }

    @Test
    void pongThatSkipsPingsCountsForItsOwn() {
        lease.begin(SESSION, INTERVAL, nanos(100));
        lease.ping(nanos(102));
        long second = lease.ping(nanos(104));

        lease.ponged(second, SESSION, INTERVAL);

        assertThat(lease.endNanos()).isEqualTo(nanos(113));
        assertThat(lease.isSilent(nanos(200))).isFalse();
    }

    @Test
    void unansweredPingIsSilenceUntilAnotherStreamBegins() {
        lease.begin(SESSION, INTERVAL, nanos(100));
        lease.ping(nanos(102));
        assertThat(lease.isSilent(nanos(104))).isFalse();
        assertThat(lease.isSilent(nanos(105))).isTrue();

        lease.begin(SESSION, INTERVAL, nanos(105));

        assertThat(lease.isSilent(nanos(200))).isFalse();
    }

    @Test
    void groupMayChangeHowLongItIs() {
        lease.begin(SESSION, INTERVAL, nanos(100));
        long ping = lease.ping(nanos(102));

        lease.ponged(ping, Duration.ofSeconds(30), Duration.ofSeconds(5));

        assertThat(lease.endNanos()).isEqualTo(nanos(132));
        assertThat(lease.pingInterval()).isEqualTo(Duration.ofSeconds(5));
        assertThat(lease.silence()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void endedLeaseIsNotOverAgain() {
        lease.begin(SESSION, INTERVAL, nanos(100));

        lease.end();

        assertThat(lease.runs()).isFalse();
        assertThat(lease.isOver(nanos(1_000))).isFalse();
    }

    private static long nanos(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }
}
