package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Consumers whose handlers end in any order and fail, whose partitions are revoked, fenced and given back,
 * whose commits are slow or fail, and that are closed or killed in the middle, as a seed says. The seed is
 * in the message of every failed check.
 */
final class ConsumerSimulationTest {
    private static final boolean NIGHTLY = Boolean.getBoolean("cordwood.nightly");
    private static final int SEEDS = NIGHTLY ? 40_000 : 1_500;
    private static final int STEPS = 250;
    private static final int PARTITIONS = 3;

    @Test
    void everyRecordIsHandledInTheOrderOfItsKeyBeforeItIsCommitted() {
        for (int seed = 0; seed < SEEDS; seed++) {
            new HandlerSchedule(seed, ConsumerConfig.DeliveryGuarantee.AT_LEAST_ONCE).run();
        }
    }

    @Test
    void recordThatIsCommittedBeforeIsHandledOnceUnlessItsMemberOrItsTimeIsOver() {
        for (int seed = 0; seed < SEEDS / 3; seed++) {
            new HandlerSchedule(seed, ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE).run();
        }
    }

    @Test
    void polledRecordsComeInOrderAndAreCommittedOnlyWhenDone() {
        for (int seed = 0; seed < SEEDS; seed++) {
            new PollSchedule(seed).run();
        }
    }

    /** What both kinds of consumers go through. */
    private abstract static class Schedule {
        final int seed;
        final Random random;
        final ConsumerWorld.Settings settings = new ConsumerWorld.Settings();
        final Map<TopicPartition, Set<Long>> done = new HashMap<>();
        ConsumerWorld world = ConsumerWorld.polled(settings);
        /** Until when revoked partitions may be kept. */
        final Map<TopicPartition, Long> revokedUntilNanos = new HashMap<>();

        long closedUntilNanos = Long.MAX_VALUE;

        Schedule(int seed) {
            this.seed = seed;
            this.random = new Random(seed);
            settings.windowRecords = 1 + random.nextInt(12);
            settings.takenBytes = 300L << random.nextInt(4);
            settings.workers = 1 + random.nextInt(6);
            settings.revokeTimeout = Duration.ofMillis(random.nextInt(3_000));
        }

        abstract ConsumerWorld open();

        abstract void use();

        abstract void finishEverything();

        /** What is committed there and not done may be lost. */
        void mayLose(TopicPartition partition) {}

        void run() {
            restart();
            for (int step = 0; step < STEPS; step++) {
                step();
                world.settle();
                check();
            }
            heal();
        }

        private void step() {
            int choice = random.nextInt(100);
            if (choice < 25) {
                append();
            } else if (choice < 70) {
                use();
            } else if (choice < 78) {
                assign();
            } else if (choice < 84) {
                world.nanos += random.nextInt(1_500) * 1_000_000L;
                world.wallMs += 200;
            } else if (choice < 92) {
                answerCommits();
            } else {
                disturb();
            }
        }

        private void disturb() {
            var partition = partition();
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    if (world.group.isMember() && world.group.owned().contains(partition)) {
                        revokedUntilNanos.putIfAbsent(partition, world.nanos + settings.revokeTimeout.toNanos());
                        world.group.revoke(partition);
                    }
                }
                case 3 -> takeAway(partition);
                case 4, 5 -> owner(partition, true);
                case 6 -> owner(partition, false);
                default -> {
                    if (random.nextInt(4) == 0) {
                        close(Duration.ofMillis(random.nextInt(2_000)));
                    } else if (random.nextInt(3) == 0) {
                        restart();
                    }
                }
            }
            if (world.group.left) {
                check();
                restart();
            }
        }

        private void close(Duration timeout) {
            closedUntilNanos = Math.min(closedUntilNanos, world.nanos + timeout.toNanos());
            world.close(timeout);
        }

        boolean isOutOfTime(TopicPartition partition) {
            return Math.min(closedUntilNanos, revokedUntilNanos.getOrDefault(partition, Long.MAX_VALUE)) <= world.nanos;
        }

        private void takeAway(TopicPartition partition) {
            if (!world.group.isMember()) {
                return;
            }
            int way = random.nextInt(4);
            for (int number = 0; number < PARTITIONS; number++) {
                if (way < 2 || number == partition.partition()) {
                    mayLose(ConsumerWorld.partition(number));
                    revokedUntilNanos.remove(ConsumerWorld.partition(number));
                }
            }
            switch (way) {
                case 0, 1 -> world.group.fence();
                case 2 -> world.group.take(partition);
                default -> world.group.giveAgain(partition, world.group.stored.getOrDefault(partition, 0L));
            }
        }

        private void owner(TopicPartition partition, boolean goesOn) {
            world.core.post(() -> world.core.ownerships().owner(partition).ifPresent(owner -> {
                if (goesOn) {
                    world.core.resume(owner);
                } else {
                    world.core.pause(owner);
                }
            }));
        }

        /** A process is killed, and another one takes over with what the group knows. */
        private void restart() {
            var earlier = world;
            if (!earlier.group.left) {
                for (int number = 0; number < PARTITIONS; number++) {
                    mayLose(ConsumerWorld.partition(number));
                }
            }
            revokedUntilNanos.clear();
            closedUntilNanos = Long.MAX_VALUE;
            world = open();
            assertThat(earlier.group.violations).as("seed %d", seed).isEmpty();
            world.source.takeLogsOf(earlier.source);
            world.group.stored.putAll(earlier.group.stored);
            world.wallMs = earlier.wallMs;
        }

        private void append() {
            var key = random.nextInt(5) == 0 ? null : "k" + random.nextInt(4);
            if (random.nextInt(20) == 0) {
                world.source.leaveHole(partition(), 3);
            }
            world.source.append(partition(), key);
        }

        private void assign() {
            var partition = partition();
            if (world.group.isMember() && !world.group.owned().contains(partition)) {
                revokedUntilNanos.remove(partition);
                world.group.assign(partition, world.group.stored.getOrDefault(partition, 0L));
            }
        }

        private void answerCommits() {
            world.group.holdsAnswers = random.nextBoolean();
            if (random.nextInt(4) == 0) {
                world.group.failures.add(new CordwoodException(ErrorCode.METADATA_UNAVAILABLE, "an election"));
            }
            world.group.refusals.clear();
            if (random.nextInt(4) == 0) {
                world.group.refusals.put(partition(), GroupMembership.CommitOutcome.OUT_OF_RANGE);
            }
            while (world.group.waiting() > 0 && random.nextBoolean()) {
                world.group.answer();
                world.settle();
            }
        }

        void check() {
            assertThat(world.group.violations).as("seed %d", seed).isEmpty();
            for (var owner : world.core.ownerships().all()) {
                assertThat(owner.progress.windowSize())
                        .as("seed %d: window", seed)
                        .isLessThanOrEqualTo(settings.windowRecords);
            }
            if (world.core.isEnding()) { // also by a failure
                long untilNanos = world.nanos + settings.config().closeTimeout().toNanos();
                closedUntilNanos = Math.min(closedUntilNanos, untilNanos);
            }
            int largest = 80;
            assertThat(world.core.takenBytes())
                    .as("seed %d: bytes", seed)
                    .isBetween(0L, settings.takenBytes + (long) largest * (PARTITIONS + settings.workers));
            if (settings.delivery == ConsumerConfig.DeliveryGuarantee.AT_LEAST_ONCE) {
                world.group.stored.forEach(this::checkDone);
            }
        }

        private void checkDone(TopicPartition partition, long stored) {
            for (long offset : world.source.log(partition).keySet()) {
                if (offset < stored) {
                    assertThat(done(partition))
                            .as("seed %d: %s committed", seed, partition)
                            .contains(offset);
                }
            }
        }

        /** In the end everything is handled and committed, whatever happened before. */
        private void heal() {
            restart();
            world.group.holdsAnswers = false;
            world.group.failures.clear();
            world.group.refusals.clear();
            for (int number = 0; number < PARTITIONS; number++) {
                var partition = ConsumerWorld.partition(number);
                world.group.assign(partition, world.group.stored.getOrDefault(partition, 0L));
            }
            world.settle();
            finishEverything();
            close(Duration.ofMinutes(1));
            check();
            for (int number = 0; number < PARTITIONS; number++) {
                var partition = ConsumerWorld.partition(number);
                assertThat(world.group.stored.get(partition))
                        .as("seed %d: %s in the end", seed, partition)
                        .isEqualTo(world.source.end(partition));
            }
            assertThat(world.core.takenBytes())
                    .as("seed %d: bytes in the end", seed)
                    .isZero();
            assertThat(world.group.left).as("seed %d: left", seed).isTrue();
        }

        TopicPartition partition() {
            return ConsumerWorld.partition(random.nextInt(PARTITIONS));
        }

        Set<Long> done(TopicPartition partition) {
            return done.computeIfAbsent(partition, key -> new HashSet<>());
        }
    }

    private static final class HandlerSchedule extends Schedule {
        private final Map<String, Integer> attempts = new HashMap<>();
        private final Map<TopicPartition, Long> mayBeLostTo = new HashMap<>();
        private final int attemptsMax;
        private boolean healing;

        HandlerSchedule(int seed, ConsumerConfig.DeliveryGuarantee delivery) {
            super(seed);
            settings.delivery = delivery;
            boolean once = delivery == ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE;
            attemptsMax = once ? 1 : 1 + random.nextInt(3);
            var dead = FailurePolicy.deadLetter("orders.dead");
            var policy = List.of(FailurePolicy.FAIL_FAST, FailurePolicy.ignore(), dead)
                    .get(random.nextInt(3));
            settings.failures =
                    policy.withAttempts(attemptsMax, new RetryPolicy(Duration.ofMillis(10), Duration.ofMillis(500)));
            settings.ordering = random.nextInt(2) == 0 ? Ordering.PER_PARTITION : Ordering.PER_KEY;
        }

        @Override
        ConsumerWorld open() {
            var opened = ConsumerWorld.handling(settings);
            opened.onHandle = this::handle;
            return opened;
        }

        @Override
        void use() {
            if (world.stores.size() > 0 && random.nextBoolean()) {
                acknowledge(random.nextInt(world.stores.size()), random.nextInt(4) == 0);
            } else if (world.workers.size() > 0) {
                world.workers.run(random.nextInt(world.workers.size()));
            }
        }

        @Override
        void finishEverything() {
            healing = true;
            for (int i = 0; i < 10_000 && (world.workers.size() > 0 || world.core.takenBytes() > 0); i++) {
                if (world.workers.size() > 0) {
                    world.workers.run(random.nextInt(world.workers.size()));
                }
                while (!world.stores.isEmpty()) {
                    acknowledge(0, false);
                }
                world.pass(Duration.ofSeconds(1));
            }
        }

        /** A commit may be stored later that is under way now. */
        @Override
        void mayLose(TopicPartition partition) {
            var sent = world.commits(partition.partition()).stream().mapToLong(Long::longValue);
            long reached = Math.max(world.group.stored(partition), sent.max().orElse(0));
            mayBeLostTo.merge(partition, reached, Math::max);
        }

        @Override
        void check() {
            super.check();
            if (settings.delivery == ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE) {
                for (int number = 0; number < PARTITIONS; number++) {
                    checkGiven(ConsumerWorld.partition(number));
                }
            }
        }

        private void checkGiven(TopicPartition partition) {
            var owner = world.core.ownerships().owner(partition);
            if (owner.isEmpty() && isOutOfTime(partition)) {
                mayLose(partition);
            }
            long stored = world.group.stored(partition);
            long mayBeLost = mayBeLostTo.getOrDefault(partition, 0L);
            for (var record : world.source.log(partition).values()) {
                boolean promised = record.offset() < stored && record.offset() >= mayBeLost;
                boolean waits = owner.filter(found -> has(found, record)).isPresent();
                if (promised && !waits) {
                    assertThat(attempts)
                            .as("seed %d: %s is committed, and was given", seed, record)
                            .containsKey(record.toString());
                }
            }
        }

        private static boolean has(OwnedPartition owner, ConsumedRecord record) {
            return owner.progress.position() <= record.offset()
                    || owner.unfinished.stream().anyMatch(taken -> taken.record.equals(record));
        }

        private void acknowledge(int index, boolean fails) {
            var store = world.stores.remove(index);
            if (fails) {
                store.ack().completeExceptionally(new CordwoodException(ErrorCode.REQUEST_TIMED_OUT, "slow"));
                return;
            }
            var header = Objects.requireNonNull(store.record().headers().get(0).value());
            var origin = new String(header, UTF_8);
            int dash = origin.indexOf('-');
            int at = origin.indexOf('@');
            done(ConsumerWorld.partition(Integer.parseInt(origin.substring(dash + 1, at))))
                    .add(Long.parseLong(origin.substring(at + 1)));
            store.acknowledge();
        }

        private void handle(ConsumedRecord record) {
            var partition = ConsumerWorld.partition(record.partition());
            int attempt = attempts.merge(record.toString(), 1, Integer::sum);
            if (settings.delivery == ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE) {
                assertThat(attempt)
                        .as("seed %d: %s is handled so often", seed, record)
                        .isEqualTo(1);
                assertThat(world.group.stored.get(partition))
                        .as("seed %d: committed before %s", seed, record)
                        .isGreaterThan(record.offset());
            } else {
                checkOrder(partition, record);
            }
            boolean fails = !healing && random.nextInt(6) == 0;
            boolean ignored = settings.failures.strategy() == FailureStrategy.IGNORE && attempt >= attemptsMax;
            if (!fails || ignored) {
                done(partition).add(record.offset());
            }
            if (fails) {
                throw new IllegalStateException("as the seed says");
            }
        }

        private void checkOrder(TopicPartition partition, ConsumedRecord record) {
            boolean perKey = settings.ordering == Ordering.PER_KEY;
            if (perKey && record.key() == null) {
                return;
            }
            for (var other : world.source.log(partition).values()) {
                boolean before = other.offset() < record.offset();
                if (before && (!perKey || Objects.equals(other.keyText(), record.keyText()))) {
                    assertThat(done(partition))
                            .as("seed %d: done before %s of key %s", seed, record, record.keyText())
                            .contains(other.offset());
                }
            }
        }
    }

    private static final class PollSchedule extends Schedule {
        private final List<ConsumedRecord> given = new ArrayList<>();
        private final Map<TopicPartition, Long> next = new TreeMap<>();
        private @Nullable CompletableFuture<List<ConsumedRecord>> asked;

        PollSchedule(int seed) {
            super(seed);
            settings.commitMode =
                    random.nextInt(2) == 0 ? ConsumerConfig.CommitMode.AUTOMATIC : ConsumerConfig.CommitMode.MANUAL;
        }

        @Override
        ConsumerWorld open() {
            given.clear();
            asked = null;
            return ConsumerWorld.polled(settings);
        }

        @Override
        void use() {
            var current = asked;
            if (current == null) {
                ask(random.nextInt(10));
            } else if (current.isDone()) {
                asked = null;
                if (!current.isCompletedExceptionally()) {
                    take(current.join());
                }
            } else if (random.nextInt(5) == 0) {
                world.core.post(() -> world.polls().abandon(current));
                asked = null;
            }
            if (settings.commitMode == ConsumerConfig.CommitMode.MANUAL && random.nextBoolean()) {
                commitSome();
            }
        }

        private void ask(int max) {
            if (settings.commitMode == ConsumerConfig.CommitMode.AUTOMATIC) {
                given.forEach(this::isDone);
                given.clear();
            }
            var answer = new CompletableFuture<List<ConsumedRecord>>();
            asked = answer;
            world.core.post(() -> world.polls().ask(1 + max, world.nanos + 50_000_000, answer));
        }

        private void take(List<ConsumedRecord> records) {
            var first = new HashMap<Integer, Long>();
            for (var record : records) {
                var before = first.put(record.partition(), record.offset());
                assertThat(before == null || before < record.offset())
                        .as("seed %d: %s comes in order", seed, record)
                        .isTrue();
                checkNext(record);
            }
            given.addAll(records);
        }

        /** What came last of the partition is right before it, or it is given again. */
        private void checkNext(ConsumedRecord record) {
            var partition = ConsumerWorld.partition(record.partition());
            long reached = next.getOrDefault(partition, 0L);
            assertThat(world.source.log(partition).keySet().stream()
                            .filter(offset -> offset >= reached && offset < record.offset())
                            .toList())
                    .as("seed %d: left out before %s", seed, record)
                    .isEmpty();
            next.merge(partition, record.offset() + 1, Math::max);
        }

        private void commitSome() {
            var some = given.stream().filter(record -> random.nextBoolean()).toList();
            some.forEach(this::isDone);
            given.removeAll(some);
            world.core.post(() -> {
                var targets = new HashMap<OwnedPartition, Long>();
                world.polls()
                        .done(some)
                        .values()
                        .forEach(found -> found.ifPresent(owner -> targets.put(owner, owner.committable())));
                world.core.ledger().request(targets, Set.of(), new CompletableFuture<>());
            });
        }

        private void isDone(ConsumedRecord record) {
            done(ConsumerWorld.partition(record.partition())).add(record.offset());
        }

        @Override
        void finishEverything() {
            asked = null;
            for (int idle = 0; idle < 3; ) {
                ask(10);
                world.settle();
                world.pass(Duration.ofSeconds(1));
                var records = asked == null ? List.<ConsumedRecord>of() : asked.join();
                take(records);
                idle = records.isEmpty() ? idle + 1 : 0;
                if (settings.commitMode == ConsumerConfig.CommitMode.MANUAL) {
                    given.forEach(this::isDone);
                    given.clear();
                    world.core.post(() -> world.polls().doneWithAll());
                }
            }
        }
    }
}
