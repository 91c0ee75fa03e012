package io.cordwood.metadata;

import java.time.Duration;

/**
 * What a consumer group is asked to do. The member that joined last has the say.
 *
 * @param sessionTimeout a member that was not heard of for so long is removed
 */
public record GroupSettings(Assignor assignor, Duration sessionTimeout, TrimmedOffsets trimmedOffsets) {
    /** Where nobody wants anything else. */
    public static final GroupSettings DEFAULT =
            new GroupSettings(Assignor.STICKY, Duration.ofSeconds(10), TrimmedOffsets.EARLIEST);

    public GroupSettings {
        if (sessionTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("session timeout " + sessionTimeout + " must be at least 1 ms");
        }
    }
}
