package io.cordwood.coordinator;

import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import java.util.Optional;

/**
 * What a member says first on its stream.
 *
 * @param memberId random, drawn by the member once for its life in the group
 * @param epoch of the last assignment that it got; 0 where it is new
 * @param instanceId of a static member; empty of others
 */
public record MemberHello(
        String group,
        String memberId,
        long epoch,
        String name,
        String instanceId,
        String rack,
        String clientHost,
        GroupSubscription subscription,
        GroupSettings settings) {
    /** Of a text that a member says, in characters. */
    static final int MAX_TEXT_LENGTH = 256;

    /** What is wrong with a member's id, wherever it is said. */
    public static Optional<GroupRefusal> checkMemberId(String memberId) {
        if (memberId.isEmpty()) {
            return Optional.of(new GroupRefusal(GroupReason.INVALID_NAME, "member_id", "", "not empty"));
        }
        return memberId.length() <= MAX_TEXT_LENGTH
                ? Optional.empty()
                : Optional.of(new GroupRefusal(
                        GroupReason.INVALID_NAME,
                        "member_id",
                        memberId.length() + " characters",
                        "at most " + MAX_TEXT_LENGTH));
    }
}
