package io.cordwood.client;

import io.cordwood.batch.Murmur2;
import io.cordwood.batch.RecordBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The partitions of one topic for a producer, and the choice among them: by key with Kafka's murmur2, so that every
 * client puts a key into the same partition; without a key one partition for a batch's worth of bytes, then another,
 * so that batches fill, rather one with a short queue.
 *
 * <p><b>Thread:</b> any. The lock guards the current partition and its byte count, two words that change together.
 *
 * <p><b>Source:</b> KIP-794 for the records without a key.
 */
final class TopicBuffers {
    /** What the server takes where the topic says nothing: 1 MiB of records and the prefix of a batch. */
    static final int DEFAULT_BATCH_MAX_BYTES = (1 << 20) + RecordBatch.SIZE_PREFIX_BYTES;

    static final String BATCH_MAX_BYTES_KEY = "max.batch.bytes";

    private final String topic;
    private final UUID topicId;
    private final List<PartitionBuffer> partitions;
    private final int topicMaxBytes;
    private final int stickyBytes;
    /** The newest that was found to match: most records come while nothing has changed. */
    private volatile TopicView seen;

    private int sticky = -1;
    private long bytesSinceSwitch;

    private TopicBuffers(String topic, TopicView view, ProducerConfig config, List<PartitionBuffer> kept) {
        this.topic = topic;
        this.topicId = view.topicId();
        this.seen = view;
        this.stickyBytes = config.batchBytes();
        this.topicMaxBytes = topicMaxBytes(view);
        var all = new ArrayList<>(kept);
        for (int number = kept.size(); number < view.partitionCount(); number++) {
            all.add(new PartitionBuffer(new TopicPartition(topic, number), view.topicId(), config, topicMaxBytes));
        }
        this.partitions = List.copyOf(all);
    }

    /**
     * For the topic as it is now. Where only partitions were added or settings changed, the earlier ones keep their buffers:
     * records and sequence numbers of a partition follow each other.
     */
    static TopicBuffers of(String topic, TopicView view, ProducerConfig config, @Nullable TopicBuffers earlier) {
        if (earlier == null
                || !earlier.topicId.equals(view.topicId())
                || earlier.partitions.size() > view.partitionCount()) {
            return new TopicBuffers(topic, view, config, List.of());
        }
        var grown = new TopicBuffers(topic, view, config, earlier.partitions);
        if (grown.topicMaxBytes != earlier.topicMaxBytes) {
            earlier.partitions.forEach(buffer -> buffer.topicTakes(grown.topicMaxBytes));
        }
        return grown;
    }

    /** Whether this is still the topic that the cluster knows by that name, as it is now. */
    @SuppressWarnings("ReferenceEquality") // an equal view passes the comparison below
    boolean matches(TopicView current) {
        if (current == seen) {
            return true;
        }
        boolean same = current.topicId().equals(topicId)
                && current.partitionCount() == partitions.size()
                && topicMaxBytes(current) == topicMaxBytes;
        if (same) {
            seen = current;
        }
        return same;
    }

    List<PartitionBuffer> all() {
        return partitions;
    }

    /** What is known of a topic at the moment, if anything. */
    interface Known {
        @Nullable
        TopicView of(String topic);
    }

    /** @throws CordwoodException PARTITION_OUT_OF_RANGE */
    PartitionBuffer choose(ProducerRecord record, int recordBytes, Known known) {
        var wanted = record.partition();
        if (wanted != null) {
            if (wanted < 0 || wanted >= partitions.size()) {
                throw CordwoodException.invalid(
                        ErrorCode.PARTITION_OUT_OF_RANGE,
                        "partition of " + topic,
                        wanted,
                        "0 to " + (partitions.size() - 1));
            }
            return partitions.get(wanted);
        }
        var key = record.key();
        return partitions.get(key == null ? nextSticky(recordBytes, known) : Murmur2.partition(key, partitions.size()));
    }

    private synchronized int nextSticky(int recordBytes, Known known) {
        if (sticky < 0 || bytesSinceSwitch >= stickyBytes) {
            sticky = pick(known.of(topic));
            bytesSinceSwitch = 0;
        }
        bytesSinceSwitch += recordBytes;
        return sticky;
    }

    /**
     * Among those that have a leader, where any has, each with a chance that falls with the batches that wait for it: else a slow
     * partition's queue would in time hold all of the memory, and the others would be sent no more than it. Where none waits,
     * another than the last.
     */
    private int pick(@Nullable TopicView current) {
        var candidates = candidates(current);
        var chances = new int[candidates.length];
        int most = 0;
        for (int i = 0; i < candidates.length; i++) {
            chances[i] = partitions.get(candidates[i]).queuedBatches();
            most = Math.max(most, chances[i]);
        }
        long sum = 0;
        for (int i = 0; i < chances.length; i++) {
            chances[i] = most + 1 - chances[i];
            sum += chances[i];
        }
        long drawn = ThreadLocalRandom.current().nextLong(sum);
        int chosen = 0;
        while (drawn >= chances[chosen]) {
            drawn -= chances[chosen++];
        }
        return candidates[chosen];
    }

    private int[] candidates(@Nullable TopicView current) {
        var all = IntStream.range(0, partitions.size()).toArray();
        var led = Arrays.stream(all)
                .filter(number -> current == null || current.leader(number).isPresent())
                .toArray();
        var usable = led.length > 0 ? led : all;
        if (Arrays.stream(usable).anyMatch(number -> partitions.get(number).queuedBatches() > 0)) {
            return usable; // a short queue counts for more than a change
        }
        var others = Arrays.stream(usable).filter(number -> number != sticky).toArray();
        return others.length > 0 ? others : usable;
    }

    private static int topicMaxBytes(TopicView view) {
        var setting = view.config().get(BATCH_MAX_BYTES_KEY);
        try {
            return setting == null ? Integer.MAX_VALUE : Integer.parseInt(setting);
        } catch (NumberFormatException e) {
            // A form that this client does not know; the server still refuses what is too large.
            return Integer.MAX_VALUE;
        }
    }
}
