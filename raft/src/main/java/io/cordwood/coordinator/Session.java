package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.MetadataImage;
import java.util.List;

/**
 * A member as the metadata leader hears of it. It is in memory only: a new leader begins all of them anew.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class Session {
    private static final long NO_STREAM = 0;

    private final MemberRef member;
    private final long openedMillis;
    private long heardMillis;
    private long stream = NO_STREAM;
    private boolean ending;
    private boolean expired;
    private List<MemberProgress> held = List.of();

    Session(MemberRef member, long nowMillis) {
        this.member = member;
        openedMillis = nowMillis;
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

    /** It was not heard of for too long. */
    void expire() {
        expired = true;
    }

    boolean isExpired() {
        return expired;
    }

    /** Its removal is decided: nothing that comes from it counts any more. */
    void end() {
        ending = true;
    }

    boolean isEnding() {
        return ending;
    }

    /** @param image that shows what is its own still */
    GroupStanding.Member standing(long nowMillis, MetadataImage image) {
        return new GroupStanding.Member(
                member.memberId(),
                Math.max(0, nowMillis - openedMillis),
                silentMillis(nowMillis),
                isConnected(),
                Ownership.own(image, member, held));
    }
}
