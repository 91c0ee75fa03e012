package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The reads of one reader at the tail, one in each partition: a read begins when the one before is answered,
 * and waits for records. One that waits at the end of its partition is answered with none from time to time;
 * one that waits although there are records goes on waiting, for a checker to find.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class PendingReads {
    private static final long WAIT_MAX_NANOS = Duration.ofSeconds(2).toNanos();
    /** What the client says of batches that do not follow each other. */
    private static final String SKIPPED = "skips offsets";

    private final Journal journal;
    private final String topic;
    private final Map<Integer, Pending> byPartition = new TreeMap<>();

    private record Pending(long operation, Operation.Read read, long beginNanos) {}

    PendingReads(Journal journal, String topic) {
        this.journal = journal;
        this.topic = topic;
    }

    void begin(int partition, long position) {
        var read = Operation.Read.waiting(new TopicPartition(topic, partition), position);
        byPartition.put(partition, new Pending(journal.begin(journal.name(), read), read, System.nanoTime()));
    }

    /** Where each partition is read next. */
    Map<Integer, Long> positions() {
        var positions = new TreeMap<Integer, Long>();
        byPartition.forEach(
                (partition, pending) -> positions.put(partition, pending.read().position()));
        return positions;
    }

    void answered(int partition, List<Seen> records, long nextPosition) {
        ok(partition, records, nextPosition);
        begin(partition, nextPosition);
    }

    /**
     * Answers those to which records came, and those whose place has moved without any: readers also go past
     * offsets that no record has. Records at a place that has not moved are wrong, and are answered for that.
     *
     * @param positions of all partitions, where each is read next
     */
    void polled(Map<Integer, List<Seen>> records, Map<Integer, Long> positions) {
        positions().forEach((partition, position) -> {
            long next = Objects.requireNonNull(positions.get(partition));
            var got = records.getOrDefault(partition, List.of());
            if (next != position || !got.isEmpty()) {
                answered(partition, got, next);
            }
        });
    }

    private void ok(int partition, List<Seen> records, long nextPosition) {
        var pending = pending(partition);
        journal.ok(journal.name(), pending.operation(), pending.read().got(records, nextPosition));
    }

    /** Goes on at the same place. */
    void refused(int partition, String why) {
        var pending = pending(partition);
        journal.fail(journal.name(), pending.operation(), pending.read(), why);
        begin(partition, pending.read().position());
    }

    /**
     * Of a reader that says why it cannot go on in a partition. Where trying again helps, it goes on by itself, and
     * the read stays under way.
     */
    void failed(CordwoodException failure) {
        if (!failure.retryable()) {
            var message = String.valueOf(failure.getMessage());
            var why = (isUnsound(failure, message) ? Operation.Read.UNSOUND : "") + failure.code() + ": " + message;
            List.copyOf(byPartition.keySet()).stream()
                    .filter(partition -> concerns(partition, failure, message))
                    .forEach(partition -> refused(partition, why));
        }
    }

    /** What the reader found in the bytes itself; all else is said by nodes. */
    private static boolean isUnsound(CordwoodException failure, String message) {
        return failure.code() == ErrorCode.CORRUPT_BATCH
                || (failure.code() == ErrorCode.INTERNAL && message.contains(SKIPPED));
    }

    private boolean concerns(int partition, CordwoodException failure, String message) {
        var name = new TopicPartition(topic, partition).toString();
        return Integer.toString(partition).equals(failure.details().get("partition"))
                || message.startsWith(name + ":")
                || message.startsWith(name + " ");
    }

    /** Goes on at the log start, below which the position lies. */
    void trimmed(int partition, long logStart, String why) {
        var pending = pending(partition);
        journal.fail(journal.name(), pending.operation(), pending.read().trimmed(logStart), why);
        begin(partition, logStart);
    }

    /** Whether some wait for so long that it has to be asked whether they should. */
    boolean waitLong() {
        return byPartition.values().stream().anyMatch(PendingReads::waitsLong);
    }

    private static boolean waitsLong(Pending pending) {
        return System.nanoTime() - pending.beginNanos() > WAIT_MAX_NANOS;
    }

    /**
     * @param ends of the partitions, as they were asked for behind the begin of all reads that are there now
     */
    void answerThoseAtTheEnd(Map<Integer, Long> ends) {
        Map.copyOf(byPartition).forEach((partition, pending) -> {
            if (waitsLong(pending) && isAtEnd(partition, ends)) {
                answered(partition, List.of(), pending.read().position());
            }
        });
    }

    /**
     * Answers all of those that have reached these ends with what came, which is nothing, and begins none.
     *
     * @return whether that were all
     */
    boolean endThoseAtTheEnd(Map<Integer, Long> ends) {
        Map.copyOf(byPartition).forEach((partition, pending) -> {
            if (isAtEnd(partition, ends)) {
                ok(partition, List.of(), pending.read().position());
                byPartition.remove(partition);
            }
        });
        return byPartition.isEmpty();
    }

    /** Whether somebody still reads it. */
    boolean isRead(int partition) {
        return byPartition.containsKey(partition);
    }

    private boolean isAtEnd(int partition, Map<Integer, Long> ends) {
        var end = ends.get(partition);
        return end != null && pending(partition).read().position() >= end;
    }

    private Pending pending(int partition) {
        var pending = byPartition.get(partition);
        if (pending == null) {
            throw new IllegalStateException(journal.name() + " does not read " + topic + "-" + partition);
        }
        return pending;
    }
}
