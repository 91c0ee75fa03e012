package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads chosen partitions of a topic from where it is told, for as long as it is polled.
 *
 * <p>Promises: of each partition every committed record from the start point on, in order, each once, also across
 * leader changes and lost connections; nothing that could still be lost. Bytes are checked against their CRC before a
 * record is given. What ends a partition is thrown by {@link #poll} after everything before it was given, and the next
 * poll tries again.
 *
 * <p>Back-pressure: nodes send only what {@link Builder#bufferBytes} has room for. A reader that is not polled holds
 * that much and costs nothing more.
 *
 * <p><b>Thread:</b> one at a time, which also follows leaders: there is no thread behind it. {@link #close},
 * {@link #beginningOffsets} and {@link #endOffsets} may be called by any. The lock only tells whether somebody is
 * inside; nobody but {@code close} waits for it.
 */
public final class Reader implements AutoCloseable, Iterable<ConsumedRecord> {
    private static final Duration ITERATOR_POLL = Duration.ofSeconds(1);

    private final CordwoodClient client;
    private final String topic;
    private final int maxPollRecords;
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final SortedMap<Integer, PartitionReader> partitions = new TreeMap<>();
    private final SubscribeStreams streams;
    private final ReentrantLock inUse = new ReentrantLock();
    private int turn;
    private long silenceCheckNanos = System.nanoTime();
    private volatile boolean closed;

    private Reader(Builder builder, TopicView view, List<Integer> numbers) {
        this.client = builder.client;
        this.topic = builder.topic;
        this.maxPollRecords = builder.maxPollRecords;
        this.streams = new SubscribeStreams(client, tasks, false);
        streams.share(builder.bufferBytes, numbers.size());
        for (int number : numbers) {
            var partition = new TopicPartition(topic, number);
            partitions.put(number, new PartitionReader(partition, view.topicId(), streams, reader -> {}));
        }
    }

    public String topic() {
        return topic;
    }

    /**
     * The next records, as soon as there is one, at most the number set; none when the time is over.
     *
     * @throws OffsetOutOfRangeException when a position is not kept (any more)
     * @throws CordwoodException when a partition cannot be read on, or CLIENT_CLOSED
     */
    public List<ConsumedRecord> poll(Duration timeout) {
        enter();
        try {
            return pollUntil(System.nanoTime() + timeout.toNanos());
        } finally {
            inUse.unlock();
        }
    }

    /** Never ends by itself: waits for more records, until the reader is closed. */
    @Override
    public Iterator<ConsumedRecord> iterator() {
        return new PolledRecords("the reader of " + topic, this::pollOrEnd, () -> closed);
    }

    /** By partition, the offset of the next record that {@link #poll} gives. */
    public Map<Integer, Long> positions() {
        enter();
        try {
            var positions = new TreeMap<Integer, Long>();
            partitions.forEach((number, partition) -> positions.put(number, partition.position()));
            return positions;
        } finally {
            inUse.unlock();
        }
    }

    /** Goes on from elsewhere in one of the partitions. */
    public void seek(int partition, StartPoint start) {
        enter();
        try {
            var moved = partitions.get(partition);
            if (moved == null) {
                throw CordwoodException.invalid(
                        ErrorCode.INVALID_ARGUMENT, "partition", partition, "one of " + partitions.keySet());
            }
            var offsets = resolve(Map.of(partition, start));
            var stream = moved.stream();
            if (stream != null) {
                streams.restart(stream);
            }
            moved.moveTo(offsets.getOrDefault(partition, 0L), isOfWhatIsKept(start));
        } finally {
            inUse.unlock();
        }
    }

    /** By partition, the first offset that is kept now. */
    public Map<Integer, Long> beginningOffsets() {
        return Waiting.on(OffsetLookup.resolve(client.calls(), topic, partitions.keySet(), StartPoint.earliest()));
    }

    /**
     * By partition, the exclusive end of what is committed now: it covers every record that was
     * acknowledged before the call, to whichever producer.
     */
    public Map<Integer, Long> endOffsets() {
        return Waiting.on(OffsetLookup.resolve(client.calls(), topic, partitions.keySet(), StartPoint.latest()));
    }

    /** Ends a poll of another thread, too. */
    @Override
    public void close() {
        closed = true;
        // Wakes whoever waits inside.
        streams.post(() -> {});
        inUse.lock();
        try {
            streams.close();
            partitions.values().forEach(PartitionReader::close);
        } finally {
            inUse.unlock();
        }
        client.unregister(this);
    }

    private void enter() {
        boolean entered = inUse.tryLock();
        if (closed) { // who closes it is inside for a moment, too
            if (entered) {
                inUse.unlock();
            }
            throw new CordwoodException(ErrorCode.CLIENT_CLOSED, "the reader of " + topic + " is closed");
        }
        if (!entered) {
            throw new IllegalStateException("the reader of " + topic + " is in use by another thread");
        }
    }

    private List<ConsumedRecord> pollOrEnd() {
        try {
            return poll(ITERATOR_POLL);
        } catch (CordwoodException e) {
            if (closed) {
                return List.of();
            }
            throw e;
        }
    }

    private List<ConsumedRecord> pollUntil(long deadlineNanos) {
        while (!closed) {
            runTasks();
            long now = System.nanoTime();
            partitions.values().forEach(partition -> partition.advance(now));
            checkSilence(now);
            // First: partitions that always have something must not hide that one of them stands still.
            throwFailure();
            var records = take();
            if (!records.isEmpty()) {
                return records;
            }
            throwFailure();
            if (deadlineNanos - now <= 0) {
                return records;
            }
            awaitTask(now, deadlineNanos);
        }
        return List.of();
    }

    private void runTasks() {
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private void awaitTask(long now, long deadlineNanos) {
        long wait = Math.min(deadlineNanos - now, streams.patience().silence().toNanos());
        for (var partition : partitions.values()) {
            wait = Math.min(wait, partition.wakeNanos(now) - now);
        }
        try {
            var task = tasks.poll(Math.max(0, wait), TimeUnit.NANOSECONDS);
            if (task != null) {
                task.run();
            }
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }

    /** One partition after the other, beginning with another one each time, so that none is starved. */
    private List<ConsumedRecord> take() {
        var records = new ArrayList<ConsumedRecord>();
        var readers = List.copyOf(partitions.values());
        for (int i = 0; i < readers.size() && records.size() < maxPollRecords; i++) {
            takeFrom(readers.get(turn % readers.size()), records);
            turn = (turn + 1) % readers.size();
        }
        streams.topUp();
        return records;
    }

    private void takeFrom(PartitionReader reader, List<ConsumedRecord> records) {
        while (records.size() < maxPollRecords) {
            var record = reader.next();
            if (record == null) {
                return;
            }
            records.add(record);
        }
    }

    private void throwFailure() {
        for (var reader : partitions.values()) {
            var failure = reader.takeFailure();
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** A node that was cut off from the others goes on answering, but never has anything new. */
    private void checkSilence(long now) {
        boolean silent = partitions.values().stream()
                .anyMatch(reader ->
                        reader.silentNanos(now) > streams.patience().silence().toNanos());
        if (silent && now - silenceCheckNanos > streams.patience().silence().toNanos()) {
            silenceCheckNanos = now;
            var unused =
                    client.view().refresh(topic).whenComplete((found, failure) -> streams.post(this::leaveOldLeaders));
        }
    }

    private void leaveOldLeaders() {
        for (var reader : partitions.values()) {
            var stream = reader.stream();
            if (stream != null && reader.hasMoved()) {
                streams.restart(stream);
            }
        }
    }

    private Map<Integer, Long> resolve(Map<Integer, StartPoint> starts) {
        var offsets = new HashMap<Integer, Long>();
        var asked = new HashMap<StartPoint, List<Integer>>();
        starts.forEach((partition, start) -> {
            if (start instanceof StartPoint.AtOffset at) {
                offsets.put(partition, at.offset());
            } else {
                asked.computeIfAbsent(start, key -> new ArrayList<>()).add(partition);
            }
        });
        asked.forEach((start, numbers) ->
                offsets.putAll(Waiting.on(OffsetLookup.resolve(client.calls(), topic, numbers, start))));
        return offsets;
    }

    private void begin(Map<Integer, StartPoint> starts) {
        var offsets = resolve(starts);
        partitions.forEach((number, partition) ->
                partition.moveTo(offsets.getOrDefault(number, 0L), isOfWhatIsKept(starts.get(number))));
    }

    /** Whether it means records by what the log still holds: if they go before they are read, the next ones are meant. */
    private static boolean isOfWhatIsKept(@Nullable StartPoint start) {
        return !(start == null || start instanceof StartPoint.AtOffset || start instanceof StartPoint.Latest);
    }

    /** What to read of a topic, and from where. */
    public static final class Builder {
        private final CordwoodClient client;
        private final String topic;
        private List<Integer> chosen = List.of();
        private StartPoint start = StartPoint.earliest();
        private final Map<Integer, StartPoint> starts = new HashMap<>();
        private int bufferBytes = 16 << 20;
        private int maxPollRecords = 500;

        Builder(CordwoodClient client, String topic) {
            this.client = client;
            this.topic = topic;
        }

        /** The partitions to read; default all. */
        public Builder partitions(int... numbers) {
            return partitions(Arrays.stream(numbers).boxed().toList());
        }

        /** As {@link #partitions(int...)}. */
        public Builder partitions(Collection<Integer> numbers) {
            chosen = numbers.stream().distinct().sorted().toList();
            return this;
        }

        /** Where to begin in each partition; default earliest. */
        public Builder start(StartPoint point) {
            start = point;
            return this;
        }

        /** Where to begin in this partition. */
        public Builder start(int partition, StartPoint point) {
            starts.put(partition, point);
            return this;
        }

        /**
         * Bound on batches that have arrived and are not consumed, all partitions together, but for one batch per node;
         * default 16 MiB, at least 64 KiB.
         */
        public Builder bufferBytes(int bytes) {
            bufferBytes = (int) Settings.requireIn("bufferBytes", bytes, 64 << 10, Integer.MAX_VALUE);
            return this;
        }

        /** How many records one poll gives at most; default 500. */
        public Builder maxPollRecords(int count) {
            maxPollRecords = (int) Settings.requireIn("maxPollRecords", count, 1, Integer.MAX_VALUE);
            return this;
        }

        /**
         * Asks the cluster what the start points mean, and so pins them: {@code latest} is the end at this moment.
         *
         * @throws CordwoodException UNKNOWN_TOPIC, PARTITION_OUT_OF_RANGE, or what the cluster answers
         */
        public Reader open() {
            var view = Waiting.on(client.view().refresh(topic));
            var numbers = chosen.isEmpty()
                    ? IntStream.range(0, view.partitionCount()).boxed().toList()
                    : chosen;
            numbers.forEach(number -> requirePartition(number, view));
            starts.keySet().forEach(number -> requirePartition(number, view));
            var reader = new Reader(this, view, numbers);
            var wanted = new HashMap<Integer, StartPoint>();
            numbers.forEach(number -> wanted.put(number, starts.getOrDefault(number, start)));
            reader.begin(wanted);
            client.register(reader, reader::close);
            return reader;
        }

        private void requirePartition(int number, TopicView view) {
            if (number < 0 || number >= view.partitionCount()) {
                throw CordwoodException.invalid(
                        ErrorCode.PARTITION_OUT_OF_RANGE,
                        "partition of " + topic,
                        number,
                        "0 to " + (view.partitionCount() - 1));
            }
        }
    }
}
