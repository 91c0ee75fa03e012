package io.cordwood.chaos.check;

import static io.cordwood.chaos.check.CheckerAssertions.finds;
import static io.cordwood.chaos.check.Edited.middle;
import static io.cordwood.chaos.check.Edited.offset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The judge of ends finds what is there to find, and agrees with a search of all orders. */
class LinearizableEndsTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final LinearizableEnds CHECKER = new LinearizableEnds();
    private static final long AFTERWARDS = 1_000;

    @Test
    void endsOfOtherTimesAreFound() {
        finds(CHECKER, "ended beyond offset", good -> {
            var read = earlyEnd(good);
            return good.ended(read, Operation.EndOffset.of(PARTITION).at(offset(middle(acknowledged(good)))));
        });
        finds(CHECKER, "ended beyond offset", good -> {
            var read = lateEnd(good);
            return good.ended(read, Operation.EndOffset.of(PARTITION).at(3));
        });
        finds(CHECKER, "and in the end has", good -> {
            var read = earlyEnd(good);
            return good.ended(read, Operation.EndOffset.of(PARTITION).at(1L << 40));
        });
    }

    @Test
    void acknowledgementOutOfItsTimeIsFound() {
        finds(CHECKER, "ended beyond offset", good -> {
            var write = middle(acknowledged(good));
            return good.moved(write.invoked(), 1).moved(write.ended(), 2);
        });
        finds(CHECKER, "ended beyond offset", good -> {
            var write = middle(acknowledged(good));
            long late = good.history().endNanos();
            return good.moved(write.invoked(), late + 1).moved(write.ended(), late + 2);
        });
    }

    @Test
    void conditionThatWasNotKeptIsFound() {
        finds(CHECKER, "was to be appended at", good -> {
            var append = conditional(good);
            return good.ended(
                    append,
                    Operation.AppendIf.of(
                                    PARTITION,
                                    append.what().value(),
                                    append.what().expectedEnd() + 7)
                            .at(append.what().expectedEnd()));
        });
        finds(CHECKER, "was refused because the end is just that", good -> {
            var append = conditional(good);
            return good.ended(append, append.what().refused(append.what().expectedEnd()))
                    .ended(append, EventType.FAIL);
        });
    }

    @Test
    void endOfRefusalOfAnotherTimeIsFound() {
        var good = Edited.good().get(0);
        var refused = good.history().calls(Operation.AppendIf.class).stream()
                .filter(call -> call.isFailed()
                        && call.what().foundEnd() != null
                        && call.what().expectedEnd() > 5)
                .findFirst()
                .orElseThrow();
        var harmed = good.ended(refused, refused.what().refused(2)).history();

        assertThat(CHECKER.check(harmed)).isNotEmpty();
    }

    /** The search tries every order; the checker must say the same of each small history. */
    @Test
    void checkerAgreesWithSearch() {
        var random = new Random(42);
        int linearizable = 0;
        int cases = 2_000;
        for (int i = 0; i < cases; i++) {
            var steps = randomSteps(random);
            boolean expected = new Search(steps).succeeds();
            linearizable += expected ? 1 : 0;

            assertThat(CHECKER.check(historyOf(steps)).isEmpty())
                    .as("case %d: %s", i, steps)
                    .isEqualTo(expected);
        }
        assertThat(linearizable).isBetween(cases / 20, cases * 19 / 20);
    }

    @Test
    void hundredThousandOperationsTakeSeconds() {
        var steps = new ArrayList<Step>();
        for (int i = 0; i < 50_000; i++) {
            steps.add(new Step(true, i, i * 10L, i * 10L + 25));
            steps.add(new Step(false, i + 1, i * 10L, i * 10L + 35));
        }
        var history = historyOf(steps);

        assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> assertThat(CHECKER.check(history)).isEmpty());
    }

    /**
     * A write at an offset, or a read of an end, from begin to end; a write whose outcome is unknown never ends.
     */
    private record Step(boolean write, long offset, long begin, long end) {}

    private static List<Step> randomSteps(Random random) {
        var steps = new ArrayList<Step>();
        int writes = 1 + random.nextInt(4);
        for (int offset = 0; offset < writes; offset++) {
            // In the order of the offsets more often than not, so that some histories are good.
            long begin = offset * 3L + random.nextInt(8);
            long end = random.nextInt(5) == 0 ? Long.MAX_VALUE : begin + random.nextInt(8);
            steps.add(new Step(true, offset, begin, end));
        }
        int reads = random.nextInt(4);
        for (int i = 0; i < reads; i++) {
            long begin = random.nextInt(16);
            steps.add(new Step(false, random.nextInt(writes + 1), begin, begin + random.nextInt(8)));
        }
        return steps;
    }

    private static History historyOf(List<Step> steps) {
        var events = new ArrayList<Event>();
        var records = new ArrayList<Seen>();
        long afterwards = AFTERWARDS + steps.size() * 10L;
        for (int i = 0; i < steps.size(); i++) {
            var step = steps.get(i);
            var value = new Value("p", i);
            Operation begun = step.write()
                    ? Operation.AppendIf.of(PARTITION, value, step.offset())
                    : Operation.EndOffset.of(PARTITION);
            Operation done = step.write()
                    ? Operation.AppendIf.of(PARTITION, value, step.offset()).at(step.offset())
                    : Operation.EndOffset.of(PARTITION).at(step.offset());
            events.add(new Event(step.begin(), "p" + i, i, EventType.INVOKE, begun, ""));
            if (step.end() < Long.MAX_VALUE) {
                events.add(new Event(step.end(), "p" + i, i, EventType.OK, done, ""));
            }
            if (step.write()) {
                records.add(new Seen(step.offset(), value));
            }
        }
        var last = Operation.FinalRead.of(PARTITION, 0, records.size(), 0).got(records, records.size());
        events.add(new Event(afterwards, "final", -1, EventType.OK, last, ""));
        return History.of(events);
    }

    /** Tries every order in which nothing comes before what had ended before its begin. */
    private static final class Search {
        private final List<Step> steps;
        private final boolean[] done;

        Search(List<Step> steps) {
            this.steps = steps;
            this.done = new boolean[steps.size()];
        }

        boolean succeeds() {
            return succeedsFrom(0, 0);
        }

        private boolean succeedsFrom(long end, int taken) {
            if (taken == steps.size()) {
                return true;
            }
            long earliestEnd = IntStream.range(0, steps.size())
                    .filter(i -> !done[i])
                    .mapToLong(i -> steps.get(i).end())
                    .min()
                    .orElseThrow();
            for (int i = 0; i < steps.size(); i++) {
                var step = steps.get(i);
                if (!done[i] && step.begin() <= earliestEnd && step.offset() == end) {
                    done[i] = true;
                    if (succeedsFrom(step.write() ? end + 1 : end, taken + 1)) {
                        return true;
                    }
                    done[i] = false;
                }
            }
            return false;
        }
    }

    private static List<Call<Operation.Write>> acknowledged(Edited good) {
        return good.acknowledged(write -> true);
    }

    private static List<Call<Operation.EndOffset>> ends(Edited good) {
        return good.history().calls(Operation.EndOffset.class).stream()
                .filter(call -> call.isOk() && call.what().partition().equals(PARTITION))
                .toList();
    }

    private static Call<Operation.EndOffset> lateEnd(Edited good) {
        var ends = ends(good);
        return ends.get(ends.size() - 1);
    }

    private static Call<Operation.EndOffset> earlyEnd(Edited good) {
        return ends(good).get(0);
    }

    private static Call<Operation.AppendIf> conditional(Edited good) {
        return middle(good.history().calls(Operation.AppendIf.class).stream()
                .filter(call -> call.isOk() && call.what().partition().equals(PARTITION))
                .toList());
    }
}
