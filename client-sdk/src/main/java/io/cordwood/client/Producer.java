package io.cordwood.client;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends records to any topics of the cluster, in batches per partition.
 *
 * <p>Promises:
 * <ul>
 *   <li>A future completes when a majority of the partition's replicas has forced the record to disk. Futures of one
 *       partition complete in the order of {@link #send}.
 *   <li>Records of one partition are in the log in the order of {@link #send}, and each at most once, whatever leaders,
 *       connections and answers are lost on the way, until the delivery timeout.
 *   <li>Every failure of a record is in its future, as {@link CordwoodException}. When one fails for good, all records
 *       of its partition that were sent and not acknowledged until then fail with it, so nothing overtakes it unseen;
 *       the records sent afterwards go on. After {@link ErrorCode#REQUEST_TIMED_OUT} the detail {@code outcome} says
 *       whether the record may be in the log ({@code unknown}) or is not ({@code not written}).
 *   <li>Without {@link Builder#idempotent idempotence} a record may be in the log twice after a lost answer, and a
 *       failed batch fails alone.
 * </ul>
 *
 * <p>Back-pressure: what is not acknowledged is bounded by {@link Builder#bufferBytes}. {@link #send} waits for room,
 * at most {@link Builder#maxBlock}; then the future fails with {@link ErrorCode#OVERLOADED}. Inside a callback of the
 * same producer it fails at once, because room becomes free only behind the callback.
 *
 * <p><b>Thread:</b> any; share one per process. Futures complete on the client's callback executor, one batch after the
 * other.
 */
public final class Producer implements AutoCloseable {
    /** More than the fields of a record and the header of a batch can take beside key, value and headers. */
    private static final int RECORD_OVERHEAD_BYTES = RecordBatch.HEADER_BYTES + 40;

    private static final int HEADER_OVERHEAD_BYTES = 10;
    private static final int UTF8_MAX_BYTES_PER_CHAR = 3;

    private final CordwoodClient client;
    private final ProducerConfig config;
    private final ClusterView view;
    private final TopicBuffers.Known known;
    private final BufferMemory memory;
    private final SerialExecutor callbacks;
    private final Sender sender;
    private final ConcurrentHashMap<String, TopicBuffers> topics = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private Producer(CordwoodClient client, ProducerConfig config) {
        this.client = client;
        this.config = config;
        this.view = client.view();
        this.known = view::known;
        this.memory = new BufferMemory(config.bufferBytes());
        this.callbacks = new SerialExecutor(client.callbacks());
        this.sender = new Sender(config, client, memory, callbacks);
    }

    /**
     * Sends a record. Returns when it is in the buffer; the future tells its offset or its failure.
     *
     * <p>Blocks for room in the buffer, and for the topic's partitions on the first record of a topic.
     */
    public CompletableFuture<RecordMetadata> send(ProducerRecord record) {
        Objects.requireNonNull(record, "record");
        try {
            return accept(record);
        } catch (CordwoodException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    public CompletableFuture<RecordMetadata> send(String topic, byte @Nullable [] key, byte @Nullable [] value) {
        return send(new ProducerRecord(topic, key, value));
    }

    /**
     * Sends what waits for more records, and returns when all records so far are acknowledged or have failed.
     *
     * @throws IllegalStateException inside a callback, which would wait for itself
     */
    public void flush() {
        if (callbacks.isRunningHere()) {
            throw new IllegalStateException("flush() inside a callback of the same producer would wait for itself");
        }
        Waiting.on(flushBuffers());
    }

    /** As {@link #flush}; completes without an exception also where records have failed. */
    public CompletableFuture<Void> flushAsync() {
        return client.calls().published(flushBuffers());
    }

    /** Bytes of the records that are not settled yet, as {@link Builder#bufferBytes} counts them. */
    public long bufferedBytes() {
        return memory.takenBytes();
    }

    /** As {@link #close(Duration)} with the close timeout of the settings. */
    @Override
    public void close() {
        close(config.closeTimeout());
    }

    /** Refuses new records, flushes for at most this long, and fails what is left with CLIENT_CLOSED. */
    public void close(Duration timeout) {
        if (closed && sender.isStopped()) {
            return;
        }
        closed = true;
        try {
            if (!callbacks.isRunningHere()) {
                Waiting.on(flushBuffers(), timeout);
            }
        } catch (TimeoutException e) {
            // What is left fails below, and its senders learn of it there.
        } finally {
            sender.stop(new CordwoodException(ErrorCode.CLIENT_CLOSED, "the producer was closed"));
            client.unregister(this);
        }
    }

    private CompletableFuture<RecordMetadata> accept(ProducerRecord record) {
        if (closed) {
            throw new CordwoodException(ErrorCode.CLIENT_CLOSED, "the producer is closed");
        }
        long timestampMs = timestampOf(record);
        long deadlineNanos = System.nanoTime() + config.maxBlock().toNanos();
        int bytes = reservationFor(record);
        var buffer = buffersOf(record.topic(), deadlineNanos).choose(record, bytes, known);
        reserve(bytes, deadlineNanos);
        try {
            return append(buffer, record, timestampMs, bytes);
        } catch (CordwoodException e) {
            memory.giveBack(bytes);
            throw e;
        }
    }

    private CompletableFuture<RecordMetadata> append(
            PartitionBuffer buffer, ProducerRecord record, long timestampMs, int bytes) {
        var appended = buffer.tryAppend(record, timestampMs, bytes);
        if (appended == null) {
            appended = buffer.appendToNewBatch(record, timestampMs, bytes);
            sender.wake(buffer);
        }
        return appended;
    }

    private static long timestampOf(ProducerRecord record) {
        var timestamp = record.timestampMs();
        if (timestamp == null) {
            return System.currentTimeMillis();
        }
        return Settings.requireIn("timestampMs", timestamp, 0, Long.MAX_VALUE);
    }

    /** An upper bound of what the record takes in memory, cut at the largest that may be sent. */
    private int reservationFor(ProducerRecord record) {
        long content = sizeOf(record.key()) + sizeOf(record.value());
        long bound = RECORD_OVERHEAD_BYTES + content;
        var headers = record.headers();
        for (int i = 0; i < headers.size(); i++) {
            var header = headers.get(i);
            content += header.key().length() + sizeOf(header.value());
            bound += HEADER_OVERHEAD_BYTES
                    + (long) header.key().length() * UTF8_MAX_BYTES_PER_CHAR
                    + sizeOf(header.value());
        }
        if (content > config.recordMaxBytes()) {
            throw PartitionBuffer.tooLarge(record.topic(), content, config.recordMaxBytes());
        }
        return (int) Math.min(bound, config.recordMaxBytes());
    }

    private static long sizeOf(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private TopicBuffers buffersOf(String topic, long deadlineNanos) {
        var known = view.known(topic);
        var buffers = topics.get(topic);
        if (buffers != null && known != null && buffers.matches(known)) {
            return buffers;
        }
        var current = known == null ? lookUp(topic, deadlineNanos) : known;
        return topics.compute(
                topic,
                (name, earlier) -> earlier != null && earlier.matches(current)
                        ? earlier
                        : TopicBuffers.of(name, current, config, earlier));
    }

    private TopicView lookUp(String topic, long deadlineNanos) {
        Names.requireTopic(topic);
        try {
            return Waiting.on(view.topic(topic), Duration.ofNanos(deadlineNanos - System.nanoTime()));
        } catch (TimeoutException e) {
            throw new CordwoodException(
                    ErrorCode.METADATA_UNAVAILABLE,
                    "the partitions of " + topic + " were not known within maxBlock " + config.maxBlock(),
                    Map.of("setting", "maxBlock", "limit", config.maxBlock().toString(), "topic", topic),
                    null,
                    e);
        }
    }

    private void reserve(int bytes, long deadlineNanos) {
        boolean inCallback = callbacks.isRunningHere();
        long untilNanos = inCallback ? System.nanoTime() : deadlineNanos;
        try {
            if (!memory.take(bytes, untilNanos, sender::wakeAll)) {
                throw bufferFull(bytes, inCallback);
            }
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }

    private CordwoodException bufferFull(int bytes, boolean inCallback) {
        return new CordwoodException(
                ErrorCode.OVERLOADED,
                "bufferBytes is full: " + bufferedBytes() + " of " + config.bufferBytes() + " bytes, no room for "
                        + bytes + " more "
                        + (inCallback
                                ? "at once, and a callback of this producer cannot wait: room comes after it"
                                : "within maxBlock " + config.maxBlock()),
                Map.of(
                        "setting", "bufferBytes",
                        "limit", Integer.toString(config.bufferBytes()),
                        "value", Long.toString(bufferedBytes() + bytes)));
    }

    private CompletableFuture<Void> flushBuffers() {
        var pending = topics.values().stream()
                .flatMap(buffers -> buffers.all().stream())
                .map(PartitionBuffer::flush)
                .filter(done -> !done.isDone())
                .toArray(CompletableFuture<?>[]::new);
        sender.wakeAll();
        return CompletableFuture.allOf(pending);
    }

    /** Settings of a producer; each has a default. */
    public static final class Builder {
        private final CordwoodClient client;
        private Duration linger = Duration.ofMillis(5);
        private int batchBytes = 128 << 10;
        private Compression compression = Compression.NONE;
        private boolean idempotent = true;
        private int bufferBytes = 32 << 20;
        private Duration maxBlock = Duration.ofSeconds(60);
        private Duration deliveryTimeout = Duration.ofMinutes(2);
        private int recordMaxBytes = TopicBuffers.DEFAULT_BATCH_MAX_BYTES;
        private Duration closeTimeout = Duration.ofSeconds(30);

        Builder(CordwoodClient client) {
            this.client = client;
        }

        /** How long a record may wait for others to share its batch; default 5 ms, zero sends at once. */
        public Builder linger(Duration wait) {
            linger = wait;
            return this;
        }

        /**
         * Size, before compression, at which a batch is full; default 128 KiB, from 1 KiB. The cost of a batch is spread
         * over its bytes up to there, and up to 2 MiB of them are under way to a partition; larger ones only add latency.
         */
        public Builder batchBytes(int bytes) {
            batchBytes = bytes;
            return this;
        }

        /** How batches are packed; default not at all. */
        public Builder compression(Compression codec) {
            compression = codec;
            return this;
        }

        /** Whether a resent batch is recognised by the log; default yes. Without, one batch per partition is under way. */
        public Builder idempotent(boolean value) {
            idempotent = value;
            return this;
        }

        /** Bound on the bytes of records that are not acknowledged, all topics together; default 32 MiB. */
        public Builder bufferBytes(int bytes) {
            bufferBytes = bytes;
            return this;
        }

        /** How long {@link Producer#send} waits for room; default 60 s, zero fails at once. */
        public Builder maxBlock(Duration wait) {
            maxBlock = wait;
            return this;
        }

        /** How long after {@link Producer#send} a record is given up; default 2 min. */
        public Builder deliveryTimeout(Duration timeout) {
            deliveryTimeout = timeout;
            return this;
        }

        /** Largest record with its batch's header, before compression; default 1 MiB + 12 bytes as on the server. */
        public Builder maxRecordBytes(int bytes) {
            recordMaxBytes = bytes;
            return this;
        }

        /** How long {@link Producer#close()} waits for acknowledgements; default 30 s. */
        public Builder closeTimeout(Duration timeout) {
            closeTimeout = timeout;
            return this;
        }

        /** @throws CordwoodException INVALID_ARGUMENT that names the setting, or UNSUPPORTED_COMPRESSION */
        public Producer open() {
            var config = new ProducerConfig(
                    linger,
                    batchBytes,
                    compression,
                    idempotent,
                    bufferBytes,
                    maxBlock,
                    deliveryTimeout,
                    recordMaxBytes,
                    closeTimeout);
            var producer = new Producer(client, config);
            producer.sender.start();
            client.register(producer, producer::close);
            return producer;
        }
    }
}
