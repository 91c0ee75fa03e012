package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CompactionHasteTest {
    private final List<String> warnings = new ArrayList<>();
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // such a clock may overflow
    private final AtomicLong entries = new AtomicLong();
    private final AtomicInteger looks = new AtomicInteger();
    private final CompactionHaste haste = new CompactionHaste(this::largest, warnings::add, nanos::get);

    private Optional<CompactionHaste.Backlog> largest() {
        looks.incrementAndGet();
        return entries.get() == 0
                ? Optional.empty()
                : Optional.of(new CompactionHaste.Backlog("orders 3", entries.get()));
    }

    private boolean isUrgentAfter(Duration time) {
        nanos.addAndGet(time.toNanos());
        return haste.isUrgent();
    }

    @Test
    void longRaftLogIsUrgentUntilItIsShort() {
        assertThat(haste.isUrgent()).isFalse();

        entries.set(CompactionHaste.URGENT_ENTRIES);
        assertThat(isUrgentAfter(Duration.ofSeconds(1))).isFalse();
        entries.incrementAndGet();
        assertThat(isUrgentAfter(Duration.ofSeconds(1))).isTrue();
        entries.set(0);
        assertThat(isUrgentAfter(Duration.ofSeconds(1))).isFalse();
    }

    @Test
    void replicasAreLookedAtOnceASecond() {
        for (int i = 0; i < 30; i++) {
            isUrgentAfter(Duration.ofMillis(100));
        }

        assertThat(looks).hasValue(3);
    }

    @Test
    void warningNamesTheReplicaAndItsNumberOnceAMinute() {
        entries.set(123_456);
        for (int i = 0; i < 100; i++) {
            isUrgentAfter(Duration.ofSeconds(1));
        }

        assertThat(warnings).hasSize(2).allMatch(text -> text.contains("orders 3") && text.contains("123456"));
    }
}
