package io.cordwood.bench.consumers;

import io.cordwood.bench.Latencies;
import io.cordwood.bench.Pace;
import io.cordwood.bench.wire.WireMember;
import io.cordwood.bench.wire.WireMembers;
import io.cordwood.client.Admin;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The members of one group, each with a partition of its own, which commit one offset at a time: as fast as
 * they are answered, or at a steady rate.
 *
 * <p>Invariants: each commit is of the next offset of its partition, so none says nothing new. One that is
 * refused ends the measurement, and so does a group that in the end has committed anything else than what it
 * said.
 *
 * <p><b>Thread:</b> one, and those of the connections for answers.
 */
final class CommitLoad implements WireMember.Watch, AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(5);

    private final Admin admin;
    private final String group;
    private final CommitTopic topic;
    private final List<Committer> committers = new ArrayList<>();
    private final Map<WireMember, Committer> byMember = new ConcurrentHashMap<>();
    private final LongAdder sent = new LongAdder();
    private final LongAdder answered = new LongAdder();
    private volatile String failure = "";
    private volatile boolean goesOn;
    private volatile Latencies latencies = new Latencies();

    /** One member's place; its id of a commit is the offset. */
    private static final class Committer {
        private final WireMember member;
        private final Map<Long, Long> intendedNanos = new ConcurrentHashMap<>();
        private final int partition;
        private long next;

        Committer(WireMember member) {
            this.member = member;
            partition = member.owned().iterator().next();
        }

        /** Whether there was an offset left. */
        synchronized boolean commit(long last, long intended) {
            if (next >= last) {
                return false;
            }
            next++;
            intendedNanos.put(next, intended);
            member.commit(next, partition, next);
            return true;
        }

        synchronized OptionalLong committed() {
            return next == 0 ? OptionalLong.empty() : OptionalLong.of(next);
        }
    }

    private CommitLoad(Admin admin, String group, CommitTopic topic) {
        this.admin = admin;
        this.group = group;
        this.topic = topic;
    }

    /**
     * Has as many members join as the topic has partitions, and waits until each has its own.
     *
     * @param admin says what is committed
     */
    static CommitLoad join(WireMembers wire, Admin admin, String group, CommitTopic topic)
            throws IOException, InterruptedException {
        var load = new CommitLoad(admin, group, topic);
        var members = new ArrayList<WireMember>();
        for (int i = 0; i < topic.partitions(); i++) {
            members.add(wire.join(group, topic.name(), load));
        }
        Await.until(
                "partition for each member",
                POLL,
                () -> members.stream().allMatch(member -> member.owned().size() == 1));
        for (var member : members) {
            var committer = new Committer(member);
            load.committers.add(committer);
            load.byMember.put(member, committer);
        }
        return load;
    }

    /**
     * A topic that has as many members as partitions.
     *
     * @param lastOffset that may be committed in each
     */
    record CommitTopic(String name, int partitions, long lastOffset) {}

    /**
     * Each member has so many commits under way.
     *
     * @param warmUp passes before anything is counted
     * @return commits that were answered in a second
     */
    double closedLoop(int underWay, Duration warmUp, Duration time) throws IOException, InterruptedException {
        goesOn = true;
        for (int i = 0; i < underWay; i++) {
            committers.forEach(this::commitNow);
        }
        Await.pass(warmUp);
        long begin = System.nanoTime();
        long before = answered.sum();
        Await.pass(time);
        double rate = (answered.sum() - before) / ((System.nanoTime() - begin) / 1e9);
        goesOn = false;
        settle();
        return rate;
    }

    /**
     * At a steady rate, whatever becomes of those before, the members in turn; what they take from when
     * they are due.
     */
    Latencies openLoop(int perSecond, Duration warmUp, Duration time) throws IOException, InterruptedException {
        var pace = Pace.from(System.nanoTime(), perSecond);
        long warm = perSecond * warmUp.toSeconds();
        long all = warm + perSecond * time.toSeconds();
        for (long number = 0; number < all; number++) {
            long intended = pace.await(number);
            if (number == warm) {
                latencies = new Latencies();
            }
            commit(committers.get((int) (number % committers.size())), intended);
        }
        settle();
        return latencies;
    }

    private void commitNow(Committer committer) {
        commit(committer, System.nanoTime());
    }

    private void commit(Committer committer, long intended) {
        sent.increment();
        if (!committer.commit(topic.lastOffset(), intended)) {
            fail("partition " + committer.partition + " has no offsets left to commit");
        }
    }

    private synchronized void fail(String reason) {
        if (failure.isEmpty()) {
            failure = reason;
        }
    }

    private void settle() throws IOException, InterruptedException {
        Await.until("answers to all commits", POLL, () -> !failure.isEmpty() || answered.sum() == sent.sum());
        if (!failure.isEmpty()) {
            throw new IOException(failure);
        }
        requireCommitted();
    }

    /** An answer says that it is written: then the group knows it. */
    private void requireCommitted() throws IOException {
        var offsets = new HashMap<Integer, OptionalLong>();
        for (var partition : admin.groups().describe(group).partitions()) {
            offsets.put(partition.partition().partition(), partition.offset());
        }
        for (var committer : committers) {
            var found = offsets.getOrDefault(committer.partition, OptionalLong.empty());
            if (!found.equals(committer.committed())) {
                throw new IOException("partition " + committer.partition + " has the committed offset " + found
                        + ", and its member was told that " + committer.committed() + " is");
            }
        }
    }

    @Override
    public void assigned(WireMember member) {}

    @Override
    public void committed(WireMember member, long commitId, String refusal) {
        long now = System.nanoTime();
        var committer = byMember.get(member);
        if (committer == null || !refusal.isEmpty()) {
            fail("a commit was refused: " + refusal);
            return;
        }
        var intended = committer.intendedNanos.remove(commitId);
        if (intended == null) {
            fail("a commit was answered twice");
            return;
        }
        latencies.record(intended, intended, now);
        answered.increment();
        if (goesOn) {
            commitNow(committer);
        }
    }

    /** All leave. */
    @Override
    public void close() throws IOException {
        var ends =
                committers.stream().map(committer -> committer.member.leave()).toList();
        Await.uninterrupted("end of all members", POLL, () -> ends.stream().allMatch(end -> end.isDone()));
    }
}
