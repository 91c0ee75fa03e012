package io.cordwood.metadata;

import java.time.Duration;

/**
 * What a consumer group is asked to do. The member that joined last has the say; one that comes again under
 * its id has none.
 *
 * @param sessionTimeout a member that joins with it and was not heard of for so long is removed; each has its own
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

    /** The same but for the session timeout. */
    public GroupSettings withSessionTimeout(Duration newTimeout) {
        return new GroupSettings(assignor, newTimeout, trimmedOffsets);
    }
}
