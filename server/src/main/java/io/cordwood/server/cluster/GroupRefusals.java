package io.cordwood.server.cluster;

import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import java.util.Map;
import java.util.Optional;

/**
 * What is refused of consumer groups, in the words of {@link Refusal}.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class GroupRefusals {
    /** By what the field that reached its limit begins with. */
    private static final Map<String, String> SETTINGS = Map.of(
            "groups", "groups.max-groups",
            "members of group", "groups.max-members",
            "bytes of metadata", "groups.metadata-max-bytes",
            "joins that wait", "groups.max-waiting-joins",
            "offsets that wait", "groups.max-waiting-offsets");

    private GroupRefusals() {}

    public static Refusal of(GroupRefusal refused) {
        var refusal = Refusal.of(reason(refused.reason()), refused.message())
                .with(Refusal.FIELD, refused.field())
                .with(Refusal.VALUE, refused.value())
                .with(Refusal.LIMIT, refused.limit());
        return setting(refused)
                .map(setting -> refusal.with(Refusal.SETTING, setting))
                .orElse(refusal);
    }

    /** What an operator may raise. */
    private static Optional<String> setting(GroupRefusal refused) {
        if (refused.reason() != GroupReason.LIMIT_REACHED && refused.reason() != GroupReason.OVERLOADED) {
            return Optional.empty();
        }
        return SETTINGS.entrySet().stream()
                .filter(entry -> refused.field().startsWith(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    public static Reason reason(GroupReason reason) {
        return switch (reason) {
            case INVALID_NAME -> Reason.INVALID_NAME;
            case INVALID_SUBSCRIPTION -> Reason.INVALID_SUBSCRIPTION;
            case UNKNOWN_GROUP -> Reason.UNKNOWN_GROUP;
            case UNKNOWN_MEMBER -> Reason.UNKNOWN_MEMBER;
            case FENCED_MEMBER -> Reason.MEMBER_FENCED;
            case NOT_OWNED -> Reason.PARTITION_NOT_OWNED;
            // By its id: the topic was there when the request was translated.
            case UNKNOWN_PARTITION -> Reason.UNKNOWN_TOPIC;
            case OFFSET_OUT_OF_RANGE -> Reason.OFFSET_OUT_OF_RANGE;
            case OFFSET_BEHIND -> Reason.OFFSET_BEHIND;
            case DUPLICATE_INSTANCE_ID -> Reason.DUPLICATE_INSTANCE_ID;
            case GROUP_ACTIVE -> Reason.GROUP_ACTIVE;
            case LIMIT_REACHED -> Reason.LIMIT_REACHED;
            case OVERLOADED -> Reason.OVERLOADED;
            case UNAVAILABLE -> Reason.METADATA_UNAVAILABLE;
        };
    }
}
