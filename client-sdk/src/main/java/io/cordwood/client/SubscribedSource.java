package io.cordwood.client;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads owned partitions of any topics by way of one Subscribe stream per node, so that their number is not
 * bound by the calls that a connection may have.
 *
 * <p>Invariants: what has arrived and is not taken is at most {@code bufferBytes}, half as much again where
 * single answers are larger than the share of a partition, one answer of each node, and credit that was
 * granted before others were held or taken away. A partition that is not consumed, or held, does not stop
 * the others; what it has to give up for that is read again when it is asked for.
 *
 * <p>Cost: a turn looks at partitions that something happened to; at all of them only to see whether one is
 * silent.
 *
 * <p><b>Thread:</b> the consumer's; streams post to its tasks.
 */
final class SubscribedSource implements RecordSource {
    private static final long IDLE_NANOS = TimeUnit.HOURS.toNanos(1);

    private final RecordSource.Listener listener;
    private final long bufferBytes;
    private final SubscribeStreams streams;
    private final Map<TopicPartition, PartitionReader> readers = new HashMap<>();
    private final Set<PartitionReader> changed = new LinkedHashSet<>();
    /** The listener knows that they have records, and has not taken all. */
    private final Set<PartitionReader> told = new HashSet<>();

    private final Timers retries = new Timers();
    private boolean advancing;
    private long silenceCheckNanos = System.nanoTime();

    SubscribedSource(
            CordwoodClient client, BlockingQueue<Runnable> owner, RecordSource.Listener listener, long bufferBytes) {
        this.listener = listener;
        this.bufferBytes = bufferBytes;
        this.streams = new SubscribeStreams(client, owner, true);
    }

    @Override
    public void add(GroupMembership.Assignment assignment) {
        var partition = assignment.partition();
        if (readers.containsKey(partition)) {
            throw new IllegalStateException(partition + " is read already");
        }
        var reader = new PartitionReader(partition, assignment.topicId(), streams, this::changed);
        readers.put(partition, reader);
        reader.moveTo(assignment.offset(), false);
        share();
    }

    @Override
    public void remove(TopicPartition partition) {
        var reader = readers.remove(partition);
        if (reader != null) {
            reader.detach();
            reader.close();
            changed.remove(reader);
            told.remove(reader);
            share();
        }
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        var reader = reader(partition);
        reader.detach();
        told.remove(reader);
        reader.moveTo(offset, false);
    }

    @Override
    public void hold(TopicPartition partition, boolean held) {
        if (held) {
            reader(partition).hold();
        } else {
            reader(partition).release();
        }
    }

    @Override
    public @Nullable ConsumedRecord next(TopicPartition partition) {
        var reader = reader(partition);
        var record = reader.next();
        if (record == null) {
            told.remove(reader);
            // Behind the last record a failure may be due.
            changed(reader);
        }
        return record;
    }

    @Override
    public long position(TopicPartition partition) {
        return reader(partition).position();
    }

    @Override
    public long fullNanos(TopicPartition partition, long now) {
        return reader(partition).fullNanos(now);
    }

    @Override
    public long advance(long now) {
        settleAll(now);
        streams.topUp();
        checkSilence(now);
        long wake = readers.isEmpty() ? now + IDLE_NANOS : silenceCheckNanos + silenceNanos();
        return retries.nextNanos(wake) - wake < 0 ? retries.nextNanos(wake) : wake;
    }

    /** Of what has arrived and is not taken. */
    long bufferedBytes() {
        return readers.values().stream()
                .mapToLong(PartitionReader::bufferedBytes)
                .sum();
    }

    @Override
    public void close() {
        streams.close();
        readers.values().forEach(PartitionReader::close);
        readers.clear();
        changed.clear();
    }

    /** Looked at in the next {@link #advance}, which is not left waiting. */
    private void changed(PartitionReader reader) {
        if (changed.add(reader) && !advancing) {
            streams.post(() -> {});
        }
    }

    private void settleAll(long now) {
        advancing = true;
        try {
            retries.fire(now);
            while (!changed.isEmpty()) {
                var each = changed.iterator();
                var reader = each.next();
                each.remove();
                settle(reader, now);
            }
        } finally {
            advancing = false;
        }
    }

    private void settle(PartitionReader reader, long now) {
        if (readers.get(reader.partition()) != reader) {
            return;
        }
        var failure = reader.takeFailureAndPause();
        if (failure != null) {
            listener.failed(reader.partition(), failure);
        } else if (reader.takeRecovery()) {
            listener.recovered(reader.partition());
        }
        reader.advance(now);
        long wake = reader.wakeNanos(now);
        if (wake - now < IDLE_NANOS) {
            retries.at(wake, () -> changed(reader));
        }
        if (reader.isWorthAsking() && told.add(reader)) {
            listener.available(reader.partition());
        }
    }

    private void share() {
        streams.share(bufferBytes, readers.size());
    }

    /** A node that was cut off from the others goes on answering, but never has anything new. */
    private void checkSilence(long now) {
        if (now - silenceCheckNanos < silenceNanos()) {
            return;
        }
        silenceCheckNanos = now;
        var topics = readers.values().stream()
                .filter(reader -> reader.silentNanos(now) > silenceNanos())
                .map(reader -> reader.partition().topic())
                .collect(Collectors.toSet());
        topics.forEach(topic -> {
            var unused = streams.view()
                    .refresh(topic)
                    .whenComplete((found, failure) -> streams.post(() -> leaveOldLeaders(topic)));
        });
    }

    private void leaveOldLeaders(String topic) {
        for (var reader : List.copyOf(readers.values())) {
            if (reader.partition().topic().equals(topic) && reader.hasMoved()) {
                reader.detach();
            }
        }
    }

    private long silenceNanos() {
        return streams.patience().silence().toNanos();
    }

    private PartitionReader reader(TopicPartition partition) {
        var reader = readers.get(partition);
        if (reader == null) {
            throw new IllegalStateException(partition + " is not read");
        }
        return reader;
    }
}
