package io.cordwood.chaos.workload;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;

/**
 * Where somebody begins who reads a topic again and again: in one partition after the other, in one round from
 * the log start and in the next one from anywhere, so that also what lies far behind the start is read again.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class Passes {
    private final IntSupplier partitions;
    private final SplittableRandom random;
    private final Map<Integer, Long> ends = new HashMap<>();
    private int number;
    private int partition;
    private boolean fromAnywhere;
    private long begin;

    /** @param partitions of the topic, which may get more of them */
    Passes(IntSupplier partitions, SplittableRandom random) {
        this.partitions = partitions;
        this.random = random;
    }

    /** Of this pass, from 0. */
    int number() {
        return number;
    }

    int partition() {
        return partition;
    }

    /** The offset at which this pass begins. */
    long begin() {
        return begin;
    }

    /** @param highWatermark of the partition, as this pass saw it last */
    void next(long highWatermark) {
        ends.put(partition, highWatermark);
        number++;
        partition++;
        if (partition >= partitions.getAsInt()) {
            partition = 0;
            fromAnywhere = !fromAnywhere;
        }
        long end = ends.getOrDefault(partition, 0L);
        begin = fromAnywhere && end > 0 ? random.nextLong(end) : 0;
    }
}
