package io.cordwood.server.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LaneTest {
    private final ArrayDeque<Runnable> threads = new ArrayDeque<>();

    @Test
    void lanesTakeTurnsOnTheirExecutor() {
        var done = new ArrayList<String>();
        var one = Lane.on(threads::add);
        var other = Lane.on(threads::add);

        for (int i = 0; i < 2; i++) {
            one.execute(() -> done.add("one"));
            other.execute(() -> done.add("other"));
        }
        assertThat(threads).hasSize(2);
        while (!threads.isEmpty()) {
            threads.remove().run();
        }

        assertThat(done).containsExactly("one", "other", "one", "other");
    }

    @Test
    void laneOfCallersOutlivesATaskThatFails() {
        var done = new ArrayList<String>();
        var lane = Lane.ofCallers();

        assertThatThrownBy(() -> lane.execute(() -> {
                    lane.execute(() -> done.add("added meanwhile"));
                    throw new IllegalStateException("fault");
                }))
                .hasMessage("fault");
        lane.execute(() -> done.add("later"));

        assertThat(done).containsExactly("added meanwhile", "later");
    }

    @Test
    void tasksOfManyThreadsRunOneAtATimeInTheOrderOfEach() throws Exception {
        var pool = Executors.newFixedThreadPool(4);
        var lane = Lane.on(pool);
        var seen = new ArrayList<Integer>();
        var done = new CountDownLatch(2 * 5_000);

        for (int first : new int[] {0, 1}) {
            pool.execute(() -> {
                for (int i = first; i < 10_000; i += 2) {
                    int number = i;
                    // Not synchronised: two tasks at once would lose entries.
                    lane.execute(() -> seen.add(number));
                    lane.execute(done::countDown);
                }
            });
        }

        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(seen).hasSize(10_000);
        assertThat(seen.stream().filter(number -> number % 2 == 0)).isSorted();
        assertThat(seen.stream().filter(number -> number % 2 == 1)).isSorted();
        pool.shutdown();
    }

    @Test
    void callersLaneRunsNestedTasksAfterTheCurrentOne() {
        var lane = Lane.ofCallers();
        var done = new ArrayList<String>();

        lane.execute(() -> {
            lane.execute(() -> done.add("nested"));
            done.add("outer");
        });

        assertThat(done).isEqualTo(List.of("outer", "nested"));
    }

    @Test
    void failureReachesTheExecutorAndTheLaneGoesOn() {
        var lane = Lane.on(threads::add);
        var done = new ArrayList<String>();
        lane.execute(() -> {
            throw new IllegalStateException("first");
        });
        lane.execute(() -> done.add("second"));

        assertThatThrownBy(() -> threads.remove().run()).hasMessage("first");
        threads.remove().run();

        assertThat(done).containsExactly("second");
    }
}
