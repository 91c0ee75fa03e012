package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Seen;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.OffsetOutOfRangeException;
import io.cordwood.client.Reader;
import io.cordwood.client.StartPoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads all partitions of a topic at their ends, with a {@link Reader}. To come to an end it reads on up to
 * where the partitions end then.
 *
 * <p><b>Thread:</b> that of its workload.
 */
final class TailActor implements Actor {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(200);

    private final CordwoodClient client;
    private final TopicPartitions partitions;
    private final PendingReads reads;
    private final AskedEnds asked;
    private @Nullable Reader reader;

    TailActor(CordwoodClient client, Journal journal, TopicPartitions partitions) {
        this.client = client;
        this.partitions = partitions;
        this.reads = new PendingReads(journal, partitions.topic());
        this.asked = new AskedEnds(journal, partitions);
    }

    @Override
    public Optional<Duration> step(boolean stopping) {
        var opened = reader;
        if (opened == null) {
            // Also when it is to stop: one that could never begin has not come to its end.
            return Optional.of(open());
        }
        try {
            take(opened);
        } catch (OffsetOutOfRangeException e) {
            outOfRange(opened, e);
            return Optional.of(PAUSE_AFTER_FAILURE);
        } catch (CordwoodException e) {
            reads.failed(e);
            return Optional.of(PAUSE_AFTER_FAILURE);
        }
        return atTheEnd(opened, stopping);
    }

    private Optional<Duration> atTheEnd(Reader opened, boolean stopping) {
        try {
            if (stopping && reads.endThoseAtTheEnd(asked.by(opened::endOffsets))) {
                return Optional.empty();
            }
            if (reads.waitLong()) {
                reads.answerThoseAtTheEnd(asked.by(opened::endOffsets));
            }
            return Optional.of(Duration.ZERO);
        } catch (CordwoodException e) {
            // The reads go on by themselves and stay under way.
            return Optional.of(PAUSE_AFTER_FAILURE);
        }
    }

    private Duration open() {
        try {
            var opened = client.reader(partitions.topic())
                    .partitions(IntStream.range(0, partitions.count()).toArray())
                    .start(StartPoint.latest())
                    .open();
            opened.positions().forEach(reads::begin);
            reader = opened;
            return Duration.ZERO;
        } catch (CordwoodException e) {
            return PAUSE_AFTER_FAILURE;
        }
    }

    private void take(Reader from) {
        var byPartition = new TreeMap<Integer, List<Seen>>();
        for (var record : from.poll(POLL)) {
            byPartition
                    .computeIfAbsent(record.partition(), partition -> new ArrayList<>())
                    .add(seen(record));
        }
        reads.polled(byPartition, from.positions());
    }

    private static Seen seen(ConsumedRecord record) {
        var bytes = Objects.requireNonNullElse(record.value(), new byte[0]);
        return new Seen(record.offset(), Payload.parse(bytes));
    }

    private void outOfRange(Reader from, OffsetOutOfRangeException refusal) {
        int partition = refusal.partition().partition();
        if (!reads.isRead(partition)) {
            return;
        }
        var why = String.valueOf(refusal.getMessage());
        if (refusal.logStartOffset() > refusal.offset()) {
            reads.trimmed(partition, refusal.logStartOffset(), why);
            from.seek(partition, StartPoint.offset(refusal.logStartOffset()));
        } else {
            reads.refused(partition, why);
        }
    }

    @Override
    public void close() {
        if (reader != null) {
            reader.close();
        }
    }
}
