package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.batchOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.RecordBatch;
import io.cordwood.raft.AppendOutcome.Appended;
import io.cordwood.raft.LogOfALeader.Reaction;
import io.cordwood.store.ProducerState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Producers that retry, and a log that refuses, fails, forgets and changes its leader. */
class AppenderSimulationTest {
    private static final int PRODUCERS = 5;
    private static final int BATCHES_EACH = 60;
    private static final List<Reaction> REACTIONS = List.of(Reaction.values());
    private static final int BATCH_BYTES = batchOf(1, 0, "0").sizeBytes();

    /** A producer as a client runs it: pipelines, and begins again at the first batch that is not acknowledged. */
    private static final class Producer {
        private final long id;
        private final Deque<CompletableFuture<AppendOutcome>> answers = new ArrayDeque<>();
        private final long[] offsets = new long[BATCHES_EACH];
        private int acknowledged;
        private int next;

        Producer(long id) {
            this.id = id;
        }

        boolean isDone() {
            return acknowledged == BATCHES_EACH;
        }

        /** The first batch goes alone: an unknown producer may begin anywhere. */
        void sendOne(Appender appender) {
            int pipelined = acknowledged == 0 ? 1 : id % 2 == 0 ? 5 : ProducerState.BATCHES_KEPT;
            if (next < BATCHES_EACH && next - acknowledged < pipelined) {
                answers.add(appender.append(AppendRequest.of(batchOf(id, next, String.valueOf(next)))));
                next++;
            }
        }

        void takeAnswers() {
            while (!answers.isEmpty() && answers.peek().isDone()) {
                if (answers.peek().join() instanceof Appended appended) {
                    offsets[acknowledged++] = appended.baseOffset();
                    answers.remove();
                } else if (answers.stream().allMatch(CompletableFuture::isDone)) {
                    answers.clear();
                    next = acknowledged;
                } else {
                    return; // the others may still come: wait for them before beginning again
                }
            }
        }
    }

    private static final class World {
        private final Random random;
        private final LogOfALeader log = new LogOfALeader();
        private final Deque<Runnable> turns = new ArrayDeque<>();
        private final Appender appender;
        private final List<Producer> producers =
                LongStream.range(0, PRODUCERS).mapToObj(Producer::new).toList();
        private boolean leads;

        World(long seed) {
            random = new Random(seed * 0x9E3779B97F4A7C15L);
            var limits = new AppenderLimits(8L * BATCH_BYTES, 3 * BATCH_BYTES, 1 + random.nextInt(4));
            appender = log.appender(limits, turns::add);
        }

        void step() {
            int kind = random.nextInt(100);
            if (kind < 40) {
                producers.get(random.nextInt(PRODUCERS)).sendOne(appender);
            } else if (kind < 65) {
                runTurn();
            } else if (kind < 85) {
                log.applyOldest();
            } else if (kind < 90) {
                log.next(REACTIONS.get(random.nextInt(REACTIONS.size())));
            } else if (kind < 92) {
                changeLeader();
            } else {
                log.setClock(random.nextInt(10_000));
            }
            producers.forEach(Producer::takeAnswers);
            acknowledgedBatchesAreWhereTheyWereAnswered();
        }

        private void runTurn() {
            if (!turns.isEmpty()) {
                turns.remove().run();
            }
        }

        private void changeLeader() {
            if (leads) {
                log.loseAllBut(random.nextInt(log.inFlight() + 1), appender);
            } else {
                log.lead();
                appender.open();
            }
            leads = !leads;
        }

        void finish() {
            for (int i = 0; i < 100_000 && !producers.stream().allMatch(Producer::isDone); i++) {
                if (!leads) {
                    changeLeader();
                }
                producers.forEach(producer -> producer.sendOne(appender));
                runTurn();
                log.applyOldest();
                producers.forEach(Producer::takeAnswers);
            }
            assertThat(producers).allMatch(Producer::isDone);
        }

        private void acknowledgedBatchesAreWhereTheyWereAnswered() {
            var batches = log.batches();
            for (Producer producer : producers) {
                for (int i = 0; i < producer.acknowledged; i++) {
                    var batch = batches.get(Math.toIntExact(producer.offsets[i]));
                    assertThat(batch.producerId()).isEqualTo(producer.id);
                    assertThat(batch.baseSequence()).isEqualTo(i);
                }
            }
        }

        void everyBatchIsThereOnceAndInOrder() {
            assertThat(log.batches()).hasSize(PRODUCERS * BATCHES_EACH);
            for (Producer producer : producers) {
                assertThat(log.batches().stream()
                                .filter(batch -> batch.producerId() == producer.id)
                                .map(RecordBatch::baseSequence))
                        .containsExactlyElementsOf(
                                IntStream.range(0, BATCHES_EACH).boxed().toList());
            }
            assertThat(appender.queuedBytes()).isZero();
        }
    }

    static LongStream seeds() {
        return LongStream.range(0, Boolean.getBoolean("cordwood.nightly") ? 3_000 : 60);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    @Timeout(60)
    void acknowledgedBatchesAreThereOnceAndInOrder(long seed) {
        var world = new World(seed);
        for (int i = 0; i < 2_000; i++) {
            world.step();
        }

        world.finish();

        world.everyBatchIsThereOnceAndInOrder();
    }

    @Test
    @Timeout(60)
    void threadsThatAppendStopAndApplyAtOnceLoseNoAnswer() throws Exception {
        var threads = Executors.newFixedThreadPool(6);
        try {
            var log = new LogOfALeader();
            var appender = log.appender(new AppenderLimits(64L * BATCH_BYTES, 8 * BATCH_BYTES, 3), threads);
            var done = new AtomicBoolean();
            var applying = CompletableFuture.runAsync(() -> applyAndChangeLeaders(log, appender, done), threads);
            var sending = IntStream.range(0, 3)
                    .mapToObj(id -> CompletableFuture.supplyAsync(() -> send(appender), threads))
                    .toList();
            var answers = new ArrayList<AppendOutcome>();
            for (var sender : sending) {
                for (var answer : sender.get(40, TimeUnit.SECONDS)) {
                    answers.add(answer.get(40, TimeUnit.SECONDS));
                }
            }
            done.set(true);
            applying.get(40, TimeUnit.SECONDS);

            assertAcknowledgedOffsetsAreDistinct(answers, log);
            assertThat(appender.queuedBytes()).isZero();
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<CompletableFuture<AppendOutcome>> send(Appender appender) {
        var answers = new ArrayList<CompletableFuture<AppendOutcome>>();
        for (int i = 0; i < 20_000; i++) {
            answers.add(appender.append(AppendRequest.of(PartitionCluster.batch("a"))));
        }
        return answers;
    }

    private static void applyAndChangeLeaders(LogOfALeader log, Appender appender, AtomicBoolean done) {
        while (!done.get()) {
            log.lead();
            appender.open();
            for (int i = ThreadLocalRandom.current().nextInt(300); i > 0; i--) {
                log.applyOldest();
                Thread.onSpinWait();
            }
            log.loseAllBut(ThreadLocalRandom.current().nextInt(3), appender);
        }
    }

    private static void assertAcknowledgedOffsetsAreDistinct(List<AppendOutcome> answers, LogOfALeader log) {
        var offsets = new HashSet<Long>();
        for (AppendOutcome answer : answers) {
            if (answer instanceof Appended appended) {
                assertThat(offsets.add(appended.baseOffset())).isTrue();
                assertThat(appended.endOffset()).isLessThanOrEqualTo(log.highWatermark());
            }
        }
        assertThat(offsets).isNotEmpty();
    }
}
