package io.cordwood.cli.demo;

import io.cordwood.batch.Murmur2;
import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.demo.DemoCheck.Acknowledged;
import io.cordwood.cli.demo.DemoCheck.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * What happened to each record: when it was due, when and where it was acknowledged, or that it failed.
 *
 * <p>Invariant: a record is settled once; the fields of a settled record do not change.
 *
 * <p>Thread: {@link #sending} by the publisher, {@link #acknowledged} and {@link #failed} by any; the numbers in flight by
 * any; everything else once {@link #awaitSettled} has returned true.
 */
final class PublishLog {
    private static final long UNACKNOWLEDGED = -1;
    private static final long POLL_NANOS = 20_000_000;

    private final List<DemoRecord> records;
    private final int partitionCount;
    private final long[] dueNanos;
    private final long[] ackNanos;
    private final int[] partitions;
    private final long[] offsets;
    // By the partition that the record's key leads to; records without a key count in the last place.
    private final AtomicIntegerArray inFlight;
    private final AtomicLong settled = new AtomicLong();
    private final AtomicReference<Throwable> firstFailure = new AtomicReference<>();
    private final CountDownLatch open;
    private volatile int sent;

    PublishLog(List<DemoRecord> records, int partitionCount) {
        this.records = records;
        this.partitionCount = partitionCount;
        this.dueNanos = new long[records.size()];
        this.ackNanos = new long[records.size()];
        this.partitions = new int[records.size()];
        this.offsets = new long[records.size()];
        this.inFlight = new AtomicIntegerArray(partitionCount + 1);
        this.open = new CountDownLatch(records.size());
        java.util.Arrays.fill(offsets, UNACKNOWLEDGED);
    }

    /** The next record, in order, is about to be sent; it was due at this {@link System#nanoTime}. */
    void sending(int number, long due) {
        dueNanos[number] = due;
        inFlight.incrementAndGet(expectedPartition(number));
        sent = number + 1;
    }

    void acknowledged(int number, int partition, long offset) {
        ackNanos[number] = System.nanoTime();
        partitions[number] = partition;
        offsets[number] = offset;
        settle(number);
    }

    void failed(int number, Throwable cause) {
        firstFailure.compareAndSet(null, cause);
        settle(number);
    }

    int sent() {
        return sent;
    }

    /** Returns once so many were sent; an interrupt says that the demo has ended without this. */
    void awaitSent(int number) {
        while (sent < number) {
            LockSupport.parkNanos(POLL_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                throw new CliException(ExitCode.INTERRUPTED, "INTERRUPTED", "the demo was interrupted", "start again");
            }
        }
    }

    long settled() {
        return settled.get();
    }

    /** Sent to one of these partitions, or to any for want of a key, and neither acknowledged nor failed yet. */
    int inFlight(Collection<Integer> ofPartitions) {
        var count = inFlight.get(partitionCount);
        for (var partition : ofPartitions) {
            count += inFlight.get(partition);
        }
        return count;
    }

    boolean awaitSettled(Duration timeout) throws InterruptedException {
        return open.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    Optional<Throwable> firstFailure() {
        return Optional.ofNullable(firstFailure.get());
    }

    int partitionCount() {
        return partitionCount;
    }

    /** In the order of sending. */
    List<Acknowledged> acknowledgements() {
        var list = new ArrayList<Acknowledged>(records.size());
        for (var number = 0; number < records.size(); number++) {
            if (offsets[number] != UNACKNOWLEDGED) {
                list.add(new Acknowledged(number, new Place(partitions[number], offsets[number])));
            }
        }
        return list;
    }

    /** Times and sizes of the acknowledged records. */
    List<AckTime> ackTimes() {
        var list = new ArrayList<AckTime>(records.size());
        for (var number = 0; number < records.size(); number++) {
            if (offsets[number] != UNACKNOWLEDGED) {
                list.add(new AckTime(
                        partitions[number],
                        dueNanos[number],
                        ackNanos[number],
                        records.get(number).sizeBytes()));
            }
        }
        return list;
    }

    private int expectedPartition(int number) {
        var key = records.get(number).key();
        return key == null ? partitionCount : Murmur2.partition(key, partitionCount);
    }

    private void settle(int number) {
        inFlight.decrementAndGet(expectedPartition(number));
        settled.incrementAndGet();
        open.countDown();
    }
}
