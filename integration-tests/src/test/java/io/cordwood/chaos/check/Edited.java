package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A history with something changed in it.
 *
 * <p><b>Thread:</b> immutable.
 */
record Edited(List<Event> events) {
    private static final int SEEDS = 3;
    private static final List<Edited> GOOD = LongStream.rangeClosed(1, SEEDS)
            .mapToObj(seed -> new Edited(SimulatedRun.events(seed)))
            .toList();

    Edited {
        events = List.copyOf(events);
    }

    /** Some histories that break no promise. */
    static List<Edited> good() {
        return GOOD;
    }

    History history() {
        return History.of(events);
    }

    Edited plus(Event... more) {
        return new Edited(Stream.concat(events.stream(), Stream.of(more)).toList());
    }

    Edited without(Predicate<Event> which) {
        return new Edited(events.stream().filter(which.negate()).toList());
    }

    Edited without(Call<?> call) {
        return without(event -> event.operation() == call.invoked().operation());
    }

    /** Without its end. */
    Edited unanswered(Call<?> call) {
        var ended = call.ended();
        return without(event -> ended != null && isSame(event, ended));
    }

    Edited replaced(@Nullable Event old, Function<Event, Event> by) {
        return new Edited(events.stream()
                .map(event -> old != null && isSame(event, old) ? by.apply(event) : event)
                .toList());
    }

    /** Also where it was replaced before. */
    private static boolean isSame(Event event, Event old) {
        boolean bothBegin = (event.type() == EventType.INVOKE) == (old.type() == EventType.INVOKE);
        return bothBegin && event.operation() == old.operation();
    }

    /** With other results. */
    Edited ended(Call<?> call, Operation what) {
        return replaced(call.ended(), end -> with(end, end.type(), what));
    }

    Edited ended(Call<?> call, EventType type) {
        return replaced(call.ended(), end -> with(end, type, end.what()));
    }

    Edited moved(@Nullable Event event, long nanos) {
        return replaced(
                event, old -> new Event(nanos, old.process(), old.operation(), old.type(), old.what(), old.detail()));
    }

    /** The final log of a partition with each record as the function says, {@code null} for none. */
    Edited inTheEnd(TopicPartition partition, Function<Seen, @Nullable Seen> changed) {
        return new Edited(events.stream()
                .map(event -> {
                    if (!(event.what() instanceof Operation.FinalRead read)
                            || !read.partition().equals(partition)) {
                        return event;
                    }
                    var records = new ArrayList<Seen>();
                    for (var seen : read.records()) {
                        var now = changed.apply(seen);
                        if (now != null) {
                            records.add(now);
                        }
                    }
                    Long next = read.nextPosition();
                    return next == null ? event : with(event, event.type(), read.got(records, next));
                })
                .toList());
    }

    /** Acknowledged records of the first partition that are in its final log, by offset. */
    List<Call<Operation.Write>> acknowledged(Predicate<Operation.Write> which) {
        var history = history();
        var partition = history.partitions().first();
        long start = Objects.requireNonNull(history.finalLogs().get(partition)).logStart();
        return history.calls(Operation.Write.class).stream()
                .filter(Call::isOk)
                .filter(call -> call.what().partition().equals(partition) && offset(call) >= start)
                .filter(call -> which.test(call.what()))
                .sorted(Comparator.comparingLong(Edited::offset))
                .toList();
    }

    /** Answered reads of the first partition by the reader from its start that got at least so many records. */
    List<Call<Operation.Read>> reads(int records) {
        var partition = history().partitions().first();
        return history().calls(Operation.Read.class).stream()
                .filter(call -> call.isOk() && call.process().equals("reader-0"))
                .filter(call -> call.what().partition().equals(partition))
                .filter(call -> call.what().records().size() >= records)
                .toList();
    }

    static boolean isIdempotent(Operation.Write write) {
        return write instanceof Operation.Produce produce && produce.idempotent();
    }

    static long offset(Call<Operation.Write> call) {
        return Objects.requireNonNull(call.what().offset());
    }

    static long next(Call<? extends Operation.View> read) {
        return Objects.requireNonNull(read.what().nextPosition());
    }

    static <T> T middle(List<T> list) {
        return list.get(list.size() / 2);
    }

    private static Event with(Event event, EventType type, Operation what) {
        return new Event(event.nanos(), event.process(), event.operation(), type, what, event.detail());
    }
}
