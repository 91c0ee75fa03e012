package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

final class TimersTest {
    private final Timers timers = new Timers();
    private final ArrayList<String> ran = new ArrayList<>();

    @Test
    void tasksRunInTheOrderOfTheirTimesAndNotBefore() {
        timers.at(20, () -> ran.add("20"));
        timers.at(10, () -> ran.add("10"));
        timers.at(10, () -> ran.add("10 again"));

        timers.fire(9);
        assertThat(ran).isEmpty();
        assertThat(timers.nextNanos(99)).isEqualTo(10);
        timers.fire(19);
        assertThat(ran).containsExactly("10", "10 again");
        timers.fire(20);

        assertThat(ran).containsExactly("10", "10 again", "20");
        assertThat(timers.nextNanos(99)).isEqualTo(99);
    }

    @Test
    void cancelledTaskIsForgottenAtOnce() {
        var cancelled = timers.at(10, () -> ran.add("cancelled"));
        timers.at(10, () -> ran.add("kept"));

        timers.cancel(cancelled);
        assertThat(timers.size()).isEqualTo(1);
        timers.fire(10);

        assertThat(ran).containsExactly("kept");
    }

    @Test
    void taskMayPlanAnother() {
        timers.at(10, () -> timers.at(10, () -> ran.add("second")));

        timers.fire(10);

        assertThat(ran).containsExactly("second");
    }

    @Test
    void clockMayWrap() {
        timers.at(Long.MIN_VALUE + 5, () -> ran.add("behind the wrap"));
        timers.at(Long.MAX_VALUE - 5, () -> ran.add("before"));

        timers.fire(Long.MAX_VALUE);
        assertThat(ran).containsExactly("before");
        timers.fire(Long.MIN_VALUE + 5);

        assertThat(ran).containsExactly("before", "behind the wrap");
    }
}
