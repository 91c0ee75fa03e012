package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A history of a cluster that keeps all its promises: operations that overlap, take effect at an instant of
 * their own, fail, or end without a known outcome and take effect or not, partly later; with trims, repairs,
 * copies by plain producers, changes of leader, faults, a heal and what is read in the end; and a {@link
 * SimulatedGroup}.
 *
 * <p>The same seed makes the same history.
 *
 * <p><b>Thread:</b> confined to one.
 */
public final class SimulatedRun {
    private static final long SECOND = 1_000_000_000;
    private static final long MILLISECOND = 1_000_000;

    /** Until then faults come and go. */
    public static final long HEAL_NANOS = 20 * SECOND;

    private static final long STOP_NANOS = HEAL_NANOS + 40 * SECOND;
    private static final int NODES = 3;
    private static final int READ_MAX = 10;
    private static final List<TopicPartition> PARTITIONS =
            List.of(new TopicPartition("orders", 0), new TopicPartition("orders", 1));

    private final Random random;
    private final List<Event> events = new ArrayList<>();
    private final PriorityQueue<Step> agenda =
            new PriorityQueue<>(Comparator.comparingLong(Step::nanos).thenComparingLong(Step::number));
    private final List<Log> logs = PARTITIONS.stream().map(Log::new).toList();
    private final Recorder recorder;
    private long now;
    private long steps;

    private SimulatedRun(long seed) {
        this.random = new Random(seed);
        this.recorder = new Recorder(events::add, () -> now);
    }

    private record Step(long nanos, long number, Runnable action) {}

    /** One partition. An offset that a repair took has no value. */
    private static final class Log {
        final TopicPartition partition;
        final List<@Nullable Value> values = new ArrayList<>();
        int start;
        int epoch;

        Log(TopicPartition partition) {
            this.partition = partition;
        }

        long append(@Nullable Value value) {
            values.add(value);
            return values.size() - 1L;
        }

        List<Seen> records(int from, int to) {
            var records = new ArrayList<Seen>();
            for (int offset = from; offset < to; offset++) {
                var value = values.get(offset);
                if (value != null) {
                    records.add(new Seen(offset, value));
                }
            }
            return records;
        }
    }

    /** How an operation ends, and whether it takes effect. */
    private enum Fate {
        DONE,
        REFUSED,
        UNKNOWN_DONE,
        UNKNOWN_LATER,
        UNKNOWN_NEVER
    }

    public static List<Event> events(long seed) {
        var run = new SimulatedRun(seed);
        run.start();
        while (!run.agenda.isEmpty()) {
            var step = run.agenda.remove();
            run.now = step.nanos();
            step.action().run();
        }
        run.finish();
        run.events.addAll(SimulatedGroup.events(History.of(run.events), seed));
        run.events.sort(Comparator.comparingLong(Event::nanos));
        return run.events;
    }

    public static History history(long seed) {
        return History.of(events(seed));
    }

    private void start() {
        var nodes = IntStream.rangeClosed(1, NODES).boxed().toList();
        recorder.note(
                "nemesis",
                new Operation.Planned(
                        "orders", PARTITIONS.size(), NODES, nodes, List.of("reader-0", "reader-1", "reader-late")),
                "");
        for (int i = 0; i < 2; i++) {
            int number = i;
            produce("p" + number, true, 0);
            produce("n" + number, false, 0);
            appendIf("c" + number, 0);
            readEnd("ends-" + number);
            read("reader-" + number, logs.get(number), 0);
        }
        // What it begins with is trimmed by then.
        after(10 * SECOND, () -> read("reader-late", logs.get(0), 0));
        after(SECOND, this::fault);
        logs.forEach(log -> after(3 * SECOND, () -> trim(log)));
        after(5 * SECOND, this::repair);
        after(0, this::resources);
        after(HEAL_NANOS, () -> recorder.note("nemesis", new Operation.Heal(), ""));
    }

    private void produce(String producer, boolean idempotent, long number) {
        var log = anyLog();
        var what = Operation.Produce.of(log.partition, new Value(producer, number), idempotent);
        long operation = recorder.invoke("producer-" + producer, what);
        var fate = fate(idempotent);
        var offset = new long[1];
        act(
                fate,
                () -> {
                    offset[0] = log.append(what.value());
                    if (!idempotent && random.nextInt(20) == 0) {
                        after(within(50), () -> log.append(what.value()));
                    }
                },
                () -> {
                    end("producer-" + producer, operation, fate, what.at(offset[0], log.epoch), what);
                    again(() -> produce(producer, idempotent, number + 1));
                });
    }

    private void appendIf(String producer, long number) {
        var log = anyLog();
        long expected = Math.max(0, log.values.size() - random.nextInt(2));
        var what = Operation.AppendIf.of(log.partition, new Value(producer, number), expected);
        long operation = recorder.invoke("conditional-" + producer, what);
        var fate = fate(false);
        var found = new long[1];
        act(
                fate,
                () -> {
                    found[0] = log.values.size();
                    if (found[0] == expected) {
                        log.append(what.value());
                    }
                },
                () -> {
                    if (fate == Fate.DONE && found[0] != expected) {
                        recorder.fail("conditional-" + producer, operation, what.refused(found[0]), "another end");
                    } else {
                        end("conditional-" + producer, operation, fate, what.at(found[0]), what);
                    }
                    again(() -> appendIf(producer, number + 1));
                });
    }

    private void readEnd(String process) {
        var log = anyLog();
        var what = Operation.EndOffset.of(log.partition);
        long operation = recorder.invoke(process, what);
        var fate = fate(true);
        var end = new long[1];
        act(fate, () -> end[0] = log.values.size(), () -> {
            end(process, operation, fate, what.at(end[0]), what);
            again(() -> readEnd(process));
        });
    }

    private void read(String process, Log log, int position) {
        var what = Operation.Read.of(log.partition, position);
        long operation = recorder.invoke(process, what);
        var fate = fate(true);
        var answer = new Operation.Read[] {what};
        act(
                fate,
                () -> {
                    int next = Math.max(position, Math.min(log.values.size(), position + READ_MAX));
                    answer[0] = position < log.start
                            ? what.trimmed(log.start)
                            : what.got(log.records(position, next), next);
                },
                () -> {
                    var got = answer[0];
                    Long logStart = got.logStart();
                    Long next = got.nextPosition();
                    if (fate == Fate.DONE && logStart != null) {
                        recorder.fail(process, operation, got, "trimmed");
                        int from = logStart.intValue();
                        again(() -> read(process, log, from));
                    } else {
                        end(process, operation, fate, got, what);
                        again(() -> read(process, log, fate == Fate.DONE && next != null ? next.intValue() : position));
                    }
                });
    }

    /** Effect and answer at random times from now on, in this order, but for the one that comes later. */
    private void act(Fate fate, Runnable effect, Runnable answer) {
        long effectIn = within(20);
        long answerIn = effectIn + within(20);
        switch (fate) {
            case DONE, UNKNOWN_DONE -> after(effectIn, effect);
            case UNKNOWN_LATER -> after(answerIn + within(200), effect);
            case REFUSED, UNKNOWN_NEVER -> {}
        }
        after(answerIn, answer);
    }

    private void end(String process, long operation, Fate fate, Operation done, Operation begun) {
        switch (fate) {
            case DONE -> recorder.ok(process, operation, done);
            case REFUSED -> recorder.fail(process, operation, begun, "not leader");
            case UNKNOWN_DONE, UNKNOWN_LATER, UNKNOWN_NEVER -> recorder.info(process, operation, begun, "timeout");
        }
    }

    /** @param atOnce whether nothing of it may happen behind its answer */
    private Fate fate(boolean atOnce) {
        int drawn = now > HEAL_NANOS ? 0 : random.nextInt(100);
        if (drawn < 85) {
            return Fate.DONE;
        }
        return drawn < 90
                ? Fate.REFUSED
                : drawn < 94 ? Fate.UNKNOWN_DONE : drawn < 97 && !atOnce ? Fate.UNKNOWN_LATER : Fate.UNKNOWN_NEVER;
    }

    private void fault() {
        if (now > HEAL_NANOS - 2 * SECOND) {
            return;
        }
        var kinds = HarmKind.values();
        int node = 1 + random.nextInt(NODES);
        var what = new Operation.Fault(kinds[random.nextInt(kinds.length)], List.of(node), "for a second");
        long operation = recorder.invoke("nemesis", what);
        var log = anyLog();
        recorder.note("nemesis", new Operation.LeaderSeen(log.partition, node, ++log.epoch), "");
        after(SECOND, () -> recorder.ok("nemesis", operation, what));
        after(SECOND + within(1000), this::fault);
    }

    private void trim(Log log) {
        int before = log.start + (log.values.size() - log.start) / 3;
        var what = new Operation.Trim(log.partition, before);
        long operation = recorder.invoke("nemesis", what);
        after(within(10), () -> log.start = Math.max(log.start, before));
        after(within(100), () -> recorder.ok("nemesis", operation, what));
        if (now < HEAL_NANOS) {
            after(4 * SECOND, () -> trim(log));
        }
    }

    private void repair() {
        var log = anyLog();
        long offset = log.append(null);
        recorder.note("nemesis", new Operation.Repair(log.partition, random.nextBoolean() ? null : offset), "");
        if (now < HEAL_NANOS) {
            after(5 * SECOND, this::repair);
        }
    }

    private void resources() {
        for (int node = 1; node <= NODES; node++) {
            recorder.note("nemesis", new Operation.Resources(node, drawn(600), drawn(300), drawn(90), 500, 80), "");
        }
        if (now < STOP_NANOS) {
            after(SECOND, this::resources);
        }
    }

    private long drawn(int megabytes) {
        return (megabytes + random.nextInt(megabytes / 10)) * 1_000_000L;
    }

    private void finish() {
        for (var log : logs) {
            int end = log.values.size();
            for (int from = log.start; from < end; from += 100) {
                now += within(10);
                int to = Math.min(end, from + 100);
                var what = Operation.FinalRead.of(log.partition, log.start, end, from);
                long operation = recorder.invoke("final", what);
                now += within(10);
                recorder.ok("final", operation, what.got(log.records(from, to), to));
            }
            for (int node = 1; node <= NODES; node++) {
                var hash = Integer.toHexString(log.values.hashCode());
                recorder.note("final", new Operation.ReplicaState(log.partition, node, log.start, end, hash), "");
            }
        }
    }

    private void again(Runnable action) {
        if (now < STOP_NANOS) {
            // Less is asked of a cluster that only has to show that it works again.
            after(within(now < HEAL_NANOS ? 30 : 600), action);
        }
    }

    private void after(long nanos, Runnable action) {
        agenda.add(new Step(now + nanos, steps++, action));
    }

    private Log anyLog() {
        return logs.get(random.nextInt(logs.size()));
    }

    /** Some time, in nanoseconds. */
    private long within(int millis) {
        return 1 + (long) (random.nextDouble() * millis * MILLISECOND);
    }
}
