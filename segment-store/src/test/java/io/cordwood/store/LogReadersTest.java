package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Readers beside a writer that appends, cuts and trims. */
class LogReadersTest {
    private static final int ROUNDS = 400;

    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource
    void readersSeeWholeBatchesOrThatTheyAreTrimmed(DiskKind kind) throws Exception {
        var done = new AtomicBoolean();
        var executor = Executors.newFixedThreadPool(3);
        try (var test = new TestLog(kind, temporary)) {
            test.append(2, "0");
            test.commit();
            var readers = new ArrayList<Future<Long>>();
            for (int i = 0; i < 3; i++) {
                readers.add(executor.submit(new Reader(test.log(), i, done)));
            }
            for (int i = 1; i <= ROUNDS; i++) {
                test.append(test.log().writtenEndOffset(), 2, i + " ".repeat(i), i % 5 == 0);
                test.commit();
                test.epoch(i + 1);
                test.append(test.log().writtenEndOffset(), 3, "never committed", i % 7 == 0);
                test.log().truncateTo(test.log().highWatermark());
                if (i % 20 == 0) {
                    test.trimTo(test.log().highWatermark() - 15);
                }
            }
            done.set(true);

            for (var reader : readers) {
                assertThat(reader.get(30, TimeUnit.SECONDS)).isPositive();
            }
        } finally {
            done.set(true);
            executor.shutdown();
        }
    }

    @Test
    void interruptedReaderDoesNotDisturbOthers() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            test.append(2, "a");
            test.commit();
            test.log().read(0, 2, 1_000);

            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> test.log().read(0, 2, 1_000)).isInstanceOf(ClosedByInterruptException.class);
            assertThat(Thread.interrupted()).isTrue();

            assertThat(test.log().read(0, 2, 1_000).endOffset()).isEqualTo(2);
            test.append(2, "b");
            test.commit();
            assertThat(test.log().read(2, 4, 1_000).endOffset()).isEqualTo(4);
        }
    }

    @Test
    void deletedSegmentIsReadToTheEndByWhoIsInside() throws Exception {
        var simulated = new SimulatedDisk(1);
        var holding = new HeldReads(simulated);
        var executor = Executors.newSingleThreadExecutor();
        try (var test = new TestLog(simulated, temporary);
                var files = new ReadFiles(holding.disk(), 3)) {
            test.append(2, "a");
            var size = (int) test.log().sizeBytes();
            var segment = new Segment(test.directory(), 0, new Segment.End(2, size, 1_001));
            int before = simulated.openFiles();
            var bytes = ByteBuffer.allocate(size);
            holding.hold();
            var reading = executor.submit(() -> files.read(segment, bytes, 0));
            holding.awaitHeld();

            simulated.delete(segment.file());
            files.forget(segment);
            assertThat(simulated.openFiles()).isEqualTo(before + 1);
            holding.release();

            assertThat(reading.get(30, TimeUnit.SECONDS)).isEqualTo(size);
            assertThat(bytes.flip()).isEqualTo(Batches.batch(0, 1, 2, "a"));
            assertThat(simulated.openFiles()).isEqualTo(before);
        } finally {
            holding.release();
            executor.shutdown();
        }
    }

    /** Reads at random below the high watermark until it is told to stop; counts the batches. */
    private record Reader(PartitionLog log, long seed, AtomicBoolean done) implements Callable<Long> {
        @Override
        public Long call() throws IOException {
            var random = new Random(seed);
            long batches = 0;
            while (!done.get() || batches == 0) {
                long start = log.logStartOffset();
                long limit = log.highWatermark();
                long offset = start + random.nextInt((int) (limit - start));
                try {
                    batches += check(offset, limit, log.read(offset, limit, random.nextInt(3_000)));
                } catch (OffsetTrimmedException e) {
                    assertThat(offset).isLessThan(e.logStartOffset());
                }
            }
            return batches;
        }

        private static int check(long offset, long limit, LogRead read) {
            assertThat(read.baseOffset()).isLessThanOrEqualTo(offset);
            assertThat(read.endOffset()).isGreaterThan(offset).isLessThanOrEqualTo(limit);
            var all = Batches.split(read.batches());
            long next = read.baseOffset();
            for (var batch : all) {
                assertThat(batch.baseOffset()).isEqualTo(next);
                assertThat(batch.crcMatches()).isTrue();
                next = batch.endOffset();
            }
            return all.size();
        }
    }

    /** A disk whose reads wait while they are held. */
    private static final class HeldReads {
        private final Disk inner;
        private final CountDownLatch held = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);
        private volatile boolean holding;

        HeldReads(Disk inner) {
            this.inner = inner;
        }

        void hold() {
            holding = true;
        }

        void awaitHeld() throws InterruptedException {
            assertThat(held.await(30, TimeUnit.SECONDS)).isTrue();
        }

        void release() {
            released.countDown();
        }

        Disk disk() {
            return new ForwardingDisk(inner) {
                @Override
                public DiskFile open(Path file, OpenMode mode) throws IOException {
                    return new ForwardingFile(inner.open(file, mode)) {
                        @Override
                        public int read(ByteBuffer dst, long position) throws IOException {
                            waitWhileHeld();
                            return super.read(dst, position);
                        }
                    };
                }
            };
        }

        private void waitWhileHeld() throws IOException {
            if (holding) {
                held.countDown();
                try {
                    assertThat(released.await(30, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }
    }
}
