package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.MemberRef;
import java.util.List;

/**
 * A member as the metadata leader hears of it. It is in memory only: a new leader begins all of them anew.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class Session {
    private static final long NO_STREAM = 0;

    private final MemberRef member;
    private long heardMillis;
    private long stream = NO_STREAM;
    private boolean ending;
    private List<MemberProgress> held = List.of();

    Session(MemberRef member, long nowMillis) {
        this.member = member;
        heardMillis = nowMillis;
    }

    MemberRef member() {
        return member;
    }

    void heard(long nowMillis) {
        heardMillis = nowMillis;
    }

    /** What it does where it does not just read on, which takes the place of what it said before. */
    void tell(List<MemberProgress> newHeld) {
        held = List.copyOf(newHeld);
    }

    List<MemberProgress> held() {
        return held;
    }

    long silentMillis(long nowMillis) {
        return nowMillis - heardMillis;
    }

    boolean isConnected() {
        return stream != NO_STREAM;
    }

    boolean isOn(long candidate) {
        return isConnected() && stream == candidate;
    }

    long stream() {
        return stream;
    }

    void attach(long newStream) {
        stream = newStream;
    }

    void detach() {
        stream = NO_STREAM;
    }

    /** Its removal is decided: nothing that comes from it counts any more. */
    void end() {
        ending = true;
    }

    boolean isEnding() {
        return ending;
    }
}
