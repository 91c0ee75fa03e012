package io.cordwood.metadata;

/**
 * What was refused of a group, and why.
 *
 * @param field what was wrong
 * @param value as found
 * @param limit what the rule asks for
 */
public record GroupRefusal(GroupReason reason, String field, String value, String limit) {

    /** One sentence for people. */
    public String message() {
        return reason.text() + ": " + field + " is '" + value + "', must be " + limit;
    }
}
