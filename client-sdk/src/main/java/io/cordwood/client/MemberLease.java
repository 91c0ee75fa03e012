package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayDeque;

/**
 * How long a member may take itself for one: from the moment at which it sent what the group has heard
 * last.
 *
 * <p>Invariant: it never ends later than the group's own session of the member, however long answers take.
 *
 * <p><b>Thread:</b> the membership's.
 */
final class MemberLease {
    /**
     * A node that answers nothing for this part of the session is left: another one may coordinate by now.
     */
    private static final int SILENCE_FRACTION = 3;

    private final ArrayDeque<Ping> unanswered = new ArrayDeque<>();
    private Duration session;
    private Duration pingInterval;
    private long heardNanos;
    private boolean runs;
    private long lastPing;

    private record Ping(long id, long sentNanos) {}

    /** @param session until the group says otherwise */
    MemberLease(Duration session) {
        this.session = session;
        this.pingInterval = session.dividedBy(SILENCE_FRACTION);
    }

    /** The group has heard what was sent then; pings of an earlier stream are answered by nobody. */
    void begin(Duration newSession, Duration newInterval, long sentNanos) {
        unanswered.clear();
        runs = true;
        heardNanos = sentNanos;
        settings(newSession, newInterval);
    }

    /** It is over, or means nothing any more. */
    void end() {
        unanswered.clear();
        runs = false;
    }

    /** @return id of a ping that is sent now */
    long ping(long now) {
        lastPing++;
        unanswered.add(new Ping(lastPing, now));
        return lastPing;
    }

    void ponged(long id, Duration newSession, Duration newInterval) {
        while (!unanswered.isEmpty() && unanswered.element().id <= id) {
            var ping = unanswered.remove();
            if (ping.id == id) {
                heardNanos = ping.sentNanos;
            }
        }
        settings(newSession, newInterval);
    }

    boolean isOver(long now) {
        return runs && now - endNanos() >= 0;
    }

    boolean runs() {
        return runs;
    }

    long endNanos() {
        return heardNanos + session.toNanos();
    }

    /** Whether a ping was not answered for long. */
    boolean isSilent(long now) {
        return !unanswered.isEmpty()
                && now - unanswered.element().sentNanos >= silence().toNanos();
    }

    /** How long an answer may take. */
    Duration silence() {
        return session.dividedBy(SILENCE_FRACTION);
    }

    Duration session() {
        return session;
    }

    Duration pingInterval() {
        return pingInterval;
    }

    private void settings(Duration newSession, Duration newInterval) {
        if (!newSession.isZero() && !newSession.isNegative()) {
            session = newSession;
        }
        if (!newInterval.isZero() && !newInterval.isNegative()) {
            pingInterval = newInterval;
        }
    }
}
