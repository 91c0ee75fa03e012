package io.cordwood.chaos.history;

import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything that was taken down of a run, in the order of time, with the ends of the operations at their
 * begins.
 *
 * <p>Invariants: an operation has at most one begin and one end, by the same process and of the same kind;
 * its end is not before its begin.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class History {
    private final List<Event> events;
    private final List<Call<Operation>> calls;
    private final Map<TopicPartition, FinalLog> finalLogs;

    private History(List<Event> events) {
        this.events = events;
        this.calls = paired(events);
        this.finalLogs = finalLogs(calls(Operation.FinalRead.class));
    }

    /** @throws IllegalArgumentException where they are no history, by the invariants */
    public static History of(List<Event> events) {
        var sorted = new ArrayList<>(events);
        // Stable: the begin and the end of one operation are given in their order also where the clock did not
        // move.
        sorted.sort(Comparator.comparingLong(Event::nanos));
        return new History(Collections.unmodifiableList(sorted));
    }

    /** In the order of time. */
    public List<Event> events() {
        return events;
    }

    /** All operations, in the order of their begins. */
    public List<Call<Operation>> calls() {
        return calls;
    }

    /** Those of one kind: a record, or one of the interfaces that some have in common. */
    public <T extends Operation> List<Call<T>> calls(Class<T> kind) {
        var found = new ArrayList<Call<T>>();
        for (var call : calls) {
            if (kind.isInstance(call.invoked().what())) {
                found.add(new Call<>(kind, call.invoked(), call.ended()));
            }
        }
        return found;
    }

    /** The same of each partition, partitions in their order. */
    public <T extends Operation.OfPartition> Map<TopicPartition, List<Call<T>>> callsByPartition(Class<T> kind) {
        var found = new TreeMap<TopicPartition, List<Call<T>>>();
        for (var call : calls(kind)) {
            found.computeIfAbsent(call.what().partition(), partition -> new ArrayList<>())
                    .add(call);
        }
        return found;
    }

    /** All partitions that anybody did anything with. */
    public SortedSet<TopicPartition> partitions() {
        var found = new TreeSet<TopicPartition>();
        for (var call : calls) {
            if (call.what() instanceof Operation.OfPartition of) {
                found.add(of.partition());
            }
        }
        return found;
    }

    /** What each partition had in the end; only those that were read then. */
    public Map<TopicPartition, FinalLog> finalLogs() {
        return finalLogs;
    }

    /** When the last fault was taken away. */
    public OptionalLong lastHealNanos() {
        return calls(Operation.Heal.class).stream().mapToLong(Call::beginNanos).max();
    }

    /** When the last event was. */
    public long endNanos() {
        return events.isEmpty() ? 0 : events.get(events.size() - 1).nanos();
    }

    private static Map<TopicPartition, FinalLog> finalLogs(List<Call<Operation.FinalRead>> reads) {
        var parts = new TreeMap<TopicPartition, List<Operation.FinalRead>>();
        for (var read : reads) {
            if (read.isOk()) {
                parts.computeIfAbsent(read.what().partition(), partition -> new ArrayList<>())
                        .add(read.what());
            }
        }
        var logs = new LinkedHashMap<TopicPartition, FinalLog>();
        parts.forEach((partition, ofOne) -> logs.put(partition, FinalLog.of(ofOne)));
        return Collections.unmodifiableMap(logs);
    }

    private static List<Call<Operation>> paired(List<Event> events) {
        var begun = new LinkedHashMap<Long, Event>();
        var ended = new HashMap<Long, Event>();
        for (var event : events) {
            // What takes no time has an end only, which is its begin too.
            if (event.type() == EventType.INVOKE || !begun.containsKey(event.operation())) {
                require(begun.putIfAbsent(event.operation(), event) == null, "begun twice", event);
            }
            if (event.type() != EventType.INVOKE) {
                require(ended.putIfAbsent(event.operation(), event) == null, "ended twice", event);
            }
        }
        var calls = new ArrayList<Call<Operation>>(begun.size());
        begun.forEach((operation, begin) -> {
            var end = ended.get(operation);
            if (end != null) {
                require(end.process().equals(begin.process()), "another process than the begin", end);
                require(end.what().getClass() == begin.what().getClass(), "another kind than the begin", end);
            }
            calls.add(new Call<>(Operation.class, begin, end));
        });
        return Collections.unmodifiableList(calls);
    }

    private static void require(boolean expected, String problem, Event event) {
        if (!expected) {
            throw new IllegalArgumentException(problem + ": " + event);
        }
    }
}
