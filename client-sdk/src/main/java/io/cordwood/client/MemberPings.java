package io.cordwood.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

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
    private final Owner owner;
    private List<HeldPartition> told = List.of();

    /** Whose member it is. */
    interface Owner {
        void post(Runnable task);

        void after(Duration pause, Runnable task);

        /** Whether the member is in on that stream. */
        boolean isOn(GroupStream stream);

        /** Where the member does not just read on; completed by any thread, or never. */
        CompletableFuture<List<HeldPartition>> held();

        /** Of the newest assignment. */
        long epoch();

        /** The node says nothing. */
        void breakOff(GroupStream silent);
    }

    MemberPings(MemberLease lease, Owner owner) {
        this.lease = lease;
        this.owner = owner;
    }

    /** Goes on as long as the member is on the stream. */
    void begin(GroupStream stream) {
        owner.after(lease.pingInterval(), () -> {
            if (owner.isOn(stream)) {
                ask(stream);
                begin(stream);
            }
        });
    }

    private void ask(GroupStream stream) {
        var answer = owner.held();
        owner.after(patience(), () -> answer.complete(told));
        var unused = answer.thenAccept(held -> owner.post(() -> {
            if (owner.isOn(stream)) {
                ping(stream, held);
            }
        }));
    }

    private void ping(GroupStream stream, List<HeldPartition> held) {
        told = held;
        long id = lease.ping(System.nanoTime());
        stream.send(request -> request.setPing(GroupMessages.ping(id, owner.epoch(), held)));
        owner.after(lease.silence(), () -> {
            if (lease.isSilent(System.nanoTime())) {
                owner.breakOff(stream);
            }
        });
    }

    private Duration patience() {
        var part = lease.pingInterval().dividedBy(PATIENCE_FRACTION);
        return part.compareTo(PATIENCE_MAX) < 0 ? part : PATIENCE_MAX;
    }
}
