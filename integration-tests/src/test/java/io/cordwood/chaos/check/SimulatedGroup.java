package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Parting;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A group that keeps its promises, over the records of a {@link SimulatedRun}: members that are killed,
 * stand still and come back as zombies, lose their lease, and give partitions up, in one partition after
 * the other.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class SimulatedGroup {
    static final String NAME = "billing";

    private static final long MILLISECOND = 1_000_000;
    private static final long SECOND = 1_000 * MILLISECOND;
    private static final long OPERATIONS_BEFORE = 1L << 45;
    private static final int RECORDS_PER_COMMIT = 8;

    private final Random random;
    private final List<Event> events = new ArrayList<>();
    private final Recorder recorder = new Recorder(events::add, () -> this.now, 0, OPERATIONS_BEFORE);
    private long now;
    private long epoch = 100;

    private SimulatedGroup(long seed) {
        this.random = new Random(seed);
    }

    /** A record, and from when on it can be read. */
    private record ReadRecord(Seen seen, long nanos) {}

    /** @param run all else that happens */
    static List<Event> events(History run, long seed) {
        var group = new SimulatedGroup(seed);
        group.recorder.note(NAME, new Operation.PlannedGroup(NAME, List.of("orders")), "");
        run.finalLogs().forEach((partition, log) -> {
            var share = group.new Share(partition, readable(run, partition));
            share.process();
            share.end(log.endOffset(), run.endNanos());
        });
        return group.events;
    }

    /** As the reader from the start got them, and what was left for the final one. */
    private static List<ReadRecord> readable(History run, TopicPartition partition) {
        var found = new TreeMap<Long, ReadRecord>();
        for (var read : run.calls(Operation.View.class)) {
            boolean first = read.process().equals("reader-" + partition.partition())
                    || read.process().equals("final");
            if (read.isOk() && first && read.what().partition().equals(partition)) {
                read.what()
                        .records()
                        .forEach(seen -> found.putIfAbsent(seen.offset(), new ReadRecord(seen, read.endNanos())));
            }
        }
        return List.copyOf(found.values());
    }

    /** One partition. */
    private final class Share {
        private final TopicPartition partition;
        private final List<ReadRecord> records;
        private int next;
        private int committedTo;
        private @Nullable Long committed;
        private String member = "";
        private int lives;
        private long since;

        Share(TopicPartition partition, List<ReadRecord> records) {
            this.partition = partition;
            this.records = records;
        }

        void process() {
            now = 1;
            own();
            while (next < records.size()) {
                handle(records.get(next++));
                if (next - committedTo >= RECORDS_PER_COMMIT) {
                    commit();
                }
                if (random.nextInt(60) == 0) {
                    befall();
                }
            }
            commit();
        }

        /** Holes at the end are passed, too. */
        void end(long endOffset, long runEnd) {
            now = Math.max(now, runEnd) + MILLISECOND;
            committed = endOffset;
            commitAt(endOffset, EventType.OK, "");
            recorder.note(NAME, new Operation.GroupOffset(NAME, partition, endOffset), "");
        }

        private void own() {
            member = NAME + "-" + partition.partition() + "." + lives++;
            since = epoch += 1 + random.nextInt(3);
            next = committedTo;
            recorder.note(member, new Operation.Owned(NAME, partition, since, committed), "");
            pass(1);
        }

        private void handle(ReadRecord record) {
            now = Math.max(now, record.nanos());
            var what = new Operation.Handled(NAME, partition, record.seen());
            long operation = recorder.invoke(member, what);
            pass(3);
            recorder.ok(member, operation, what);
            pass(1);
        }

        private void commit() {
            long offset = records.get(next - 1).seen().offset() + 1;
            int drawn = now < SimulatedRun.HEAL_NANOS ? random.nextInt(10) : 9;
            if (drawn > 0) {
                committed = offset;
                committedTo = next;
            }
            commitAt(offset, drawn < 2 ? EventType.INFO : EventType.OK, "timeout");
        }

        private void commitAt(long offset, EventType outcome, String why) {
            var what = Operation.Commit.of(NAME, partition, since, offset);
            long operation = recorder.invoke(member, what);
            pass(5);
            switch (outcome) {
                case OK -> recorder.ok(member, operation, what);
                case FAIL -> recorder.fail(member, operation, what, why);
                case INFO, INVOKE -> recorder.info(member, operation, what, why);
            }
            pass(1);
        }

        private void befall() {
            int drawn = now < SimulatedRun.HEAL_NANOS - 5 * SECOND ? random.nextInt(4) : 3;
            switch (drawn) {
                case 0 -> kill();
                case 1 -> pause();
                case 2 -> loseLease();
                default -> revoke();
            }
        }

        private void kill() {
            if (next < records.size() && records.get(next).nanos() <= now) {
                var begun =
                        new Operation.Handled(NAME, partition, records.get(next).seen());
                var unused = recorder.invoke(member, begun);
            }
            var what = new Operation.Fault(HarmKind.MEMBER_KILL, List.of(), member);
            long operation = recorder.invoke(member, what);
            pass(2);
            recorder.ok(member, operation, what);
            now += SECOND;
            own();
        }

        /** Another one has begun by the time at which it comes back. */
        private void pause() {
            var zombie = member;
            long zombieSince = since;
            int handled = next;
            var what = new Operation.Fault(HarmKind.MEMBER_PAUSE, List.of(), zombie);
            long operation = recorder.invoke(zombie, what);
            now += SECOND;
            own();
            while (next < Math.min(records.size(), handled + 2)) {
                handle(records.get(next++));
            }
            recorder.ok(zombie, operation, what);
            var successor = member;
            long successorSince = since;
            member = zombie;
            since = zombieSince;
            if (handled < records.size()) {
                handle(records.get(handled));
            }
            commitAt(records.get(handled - 1).seen().offset() + 1, EventType.FAIL, "UNKNOWN_MEMBER");
            part(Parting.LOST);
            member = successor;
            since = successorSince;
        }

        /** Nobody coordinates meanwhile. */
        private void loseLease() {
            var what = new Operation.Fault(HarmKind.CUT, List.of(1), "from clients");
            long operation = recorder.invoke("nemesis", what);
            pass(2);
            part(Parting.LOST);
            now += SECOND / 2;
            recorder.ok("nemesis", operation, what);
            own();
        }

        private void revoke() {
            part(Parting.REVOKED);
            committed = records.get(next - 1).seen().offset() + 1;
            committedTo = next;
            commitAt(Objects.requireNonNull(committed), EventType.OK, "");
            part(Parting.RELEASED);
            own();
        }

        private void part(Parting how) {
            recorder.note(member, new Operation.Parted(NAME, partition, how), "");
            pass(1);
        }
    }

    /** Some time, up to that. */
    private void pass(int millis) {
        now += 1 + (long) (random.nextDouble() * millis * MILLISECOND);
    }
}
