package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ProgressTrackerTest {
    @Test
    void onlyThePrefixThatIsFinishedMayBeCommitted() {
        var tracker = new ProgressTracker(10, 5);
        var first = tracker.taken(5, 7);
        var second = tracker.taken(6, 7);
        var third = tracker.taken(7, 7);

        assertThat(tracker.finished(second)).isFalse();
        assertThat(tracker.committable()).isEqualTo(5);
        assertThat(tracker.finished(first)).isTrue();
        assertThat(tracker.committable()).isEqualTo(7);
        assertThat(tracker.finished(third)).isTrue();
        assertThat(tracker.committable()).isEqualTo(8);
    }

    @Test
    void holesOfCompactionArePassed() {
        var tracker = new ProgressTracker(10, 0);
        var first = tracker.taken(3, 7);
        var second = tracker.taken(9, 7);

        tracker.finished(first);
        assertThat(tracker.committable()).isEqualTo(9);
        tracker.finished(second);
        tracker.passTo(15);

        assertThat(tracker.committable()).isEqualTo(15);
    }

    @Test
    void windowIsFullUntilTheFirstIsFinished() {
        var tracker = new ProgressTracker(3, 0);
        var first = tracker.taken(0, 7);
        var second = tracker.taken(1, 7);
        var third = tracker.taken(2, 7);

        tracker.finished(second);
        tracker.finished(third);
        assertThat(tracker.isFull()).isTrue();
        assertThatThrownBy(() -> tracker.taken(3, 7)).isInstanceOf(IllegalStateException.class);
        tracker.finished(first);

        assertThat(tracker.isFull()).isFalse();
        assertThat(tracker.windowSize()).isZero();
    }

    @Test
    void recordTakenOrFinishedTwiceIsAFault() {
        var tracker = new ProgressTracker(3, 4);
        var mark = tracker.taken(4, 7);
        tracker.finished(mark);

        assertThatThrownBy(() -> tracker.finished(mark)).hasMessageContaining("4");
        assertThatThrownBy(() -> tracker.taken(4, 7)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new ProgressTracker(0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void inWhicheverOrderTheyFinishNothingUnfinishedIsCommitted() {
        for (int seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            var tracker = new ProgressTracker(50, 0);
            var marks = new ArrayList<ProgressTracker.Mark>();
            var open = new HashSet<Long>();
            for (int i = 0; i < 50; i++) {
                open.add((long) i);
                marks.add(tracker.taken(i, 7));
            }
            var order = new ArrayList<Integer>();
            for (int i = 0; i < 50; i++) {
                order.add(i);
            }
            Collections.shuffle(order, random);
            for (int index : order) {
                tracker.finished(marks.get(index));
                open.remove((long) index);
                long expected = open.stream().mapToLong(Long::longValue).min().orElse(50);
                assertThat(tracker.committable()).as("seed %d", seed).isEqualTo(expected);
            }
        }
    }
}
