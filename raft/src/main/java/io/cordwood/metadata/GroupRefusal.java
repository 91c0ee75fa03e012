package io.cordwood.metadata;

/**
 * What was refused of a group, and why.
 *
 * @param field what was wrong
 * @param value as found
 * @param limit what the rule asks for
 */
public record GroupRefusal(GroupReason reason, String field, String value, String limit) {

    /** There is no such member, or not any more. */
    public static GroupRefusal unknownMember(String group, String memberId) {
        return new GroupRefusal(
                GroupReason.UNKNOWN_MEMBER, "member_id", memberId, "that of a member of group " + group);
    }

    /** One sentence for people. */
    public String message() {
        return reason.text() + ": " + field + " is '" + value + "', must be " + limit;
    }
}
