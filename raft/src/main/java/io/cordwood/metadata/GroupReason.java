package io.cordwood.metadata;

/** Why something about a consumer group was refused. */
public enum GroupReason {
    INVALID_NAME("the name breaks the rule"),
    INVALID_SUBSCRIPTION("the subscription is not allowed"),
    UNKNOWN_GROUP("no such group"),
    UNKNOWN_MEMBER("no such member of the group"),
    FENCED_MEMBER("the member speaks for an assignment that it does not have any more"),
    NOT_OWNED("the partition is not the member's"),
    UNKNOWN_PARTITION("no such partition"),
    OFFSET_OUT_OF_RANGE("the offset is out of range"),
    OFFSET_BEHIND("a higher offset is committed already"),
    DUPLICATE_INSTANCE_ID("another member has this instance id"),
    GROUP_ACTIVE("the group has members"),
    LIMIT_REACHED("a limit is reached"),
    OVERLOADED("too much is waiting already"),
    UNAVAILABLE("the metadata leader changed or does not answer, ask again");

    private final String text;

    GroupReason(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }
}
