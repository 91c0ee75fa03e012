package io.cordwood.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Tells the group again and again that a member is alive, and in which partitions it does not just read on.
 *
 * <p>Invariant: a ping is late by {@link #PATIENCE_MAX} at most, whatever becomes of the consumer that is
 * asked what holds it back: it is told then what was so before.
 *
 * <p><b>Thread:</b> the membership's.
 */
final class MemberPings {
    private static final Duration PATIENCE_MAX = Duration.ofSeconds(1);
    /** The consumer has this part of the time between two pings to answer. */
    private static final int PATIENCE_FRACTION = 4;

    private final MemberLease lease;
    private final MemberTasks tasks;
    private final Owner owner;
    private List<HeldPartition> told = List.of();
    /** Whether the last words were said: what was asked before them is older. */
    private boolean lastSaid;
    /** Only the newest one counts. */
    private long plan;

    /** Whose member it is. */
    interface Owner {
        /** Whether the member is in on that stream. */
        boolean isOn(GroupStream stream);

        /** Where the member does not just read on; completed by any thread, or never. */
        CompletableFuture<List<HeldPartition>> held();

        /** Of the newest assignment. */
        long epoch();

        /** The node says nothing. */
        void breakOff(GroupStream silent);
    }

    MemberPings(MemberLease lease, MemberTasks tasks, Owner owner) {
        this.lease = lease;
        this.tasks = tasks;
        this.owner = owner;
    }

    /** The member begins anew: what it said before was of partitions that are not its own any more. */
    void forget() {
        told = List.of();
    }

    /**
     * The last words of a member that leaves, where they are news: on the stream, in front of the leave;
     * where there is none, with the first ping of the next one.
     */
    void last(@Nullable GroupStream stream, List<HeldPartition> held) {
        boolean isNews = !held.equals(told);
        told = held;
        lastSaid = true;
        if (stream != null && isNews) {
            ping(stream, held);
        }
    }

    /** At once, as the hello may have waited for most of the session; then as long as the member is on the stream. */
    void begin(GroupStream stream) {
        ping(stream, told);
        plan(stream);
    }

    /** The next ping comes an interval from now, instead of when it was planned before. */
    void plan(GroupStream stream) {
        long planned = ++plan;
        tasks.after(lease.pingInterval(), () -> {
            if (owner.isOn(stream) && planned == plan) {
                ask(stream);
                plan(stream);
            }
        });
    }

    private void ask(GroupStream stream) {
        var answer = owner.held();
        tasks.after(patience(), () -> answer.complete(told));
        var unused = answer.thenAccept(held -> tasks.execute(() -> {
            if (owner.isOn(stream)) {
                ping(stream, lastSaid ? told : held);
            }
        }));
    }

    private void ping(GroupStream stream, List<HeldPartition> held) {
        told = held;
        long id = lease.ping(tasks.nanoTime());
        stream.send(request -> request.setPing(GroupMessages.ping(id, owner.epoch(), held)));
        tasks.after(lease.silence(), () -> {
            if (lease.isSilent(tasks.nanoTime())) {
                owner.breakOff(stream);
            }
        });
    }

    private Duration patience() {
        var part = lease.pingInterval().dividedBy(PATIENCE_FRACTION);
        return part.compareTo(PATIENCE_MAX) < 0 ? part : PATIENCE_MAX;
    }
}
