package io.cordwood.server.health;

import java.util.List;

/**
 * Why the node is not ready, or less than whole: a code for programs and one sentence for people that says
 * what to look at.
 *
 * <p><b>Thread:</b> immutable.
 */
public record Hindrance(Code code, String message) {
    /** What kind of thing it is. */
    public enum Code {
        /** The node starts, or is not a member of its cluster yet. */
        NOT_JOINED(false),
        /** Replicas that the metadata places here are not open yet. */
        REPLICAS_NOT_OPEN(false),
        /**
         * Replicas that the metadata places here take no part until an operator sees to them. The node serves
         * its others: to take it out of service or to start it anew would help none of them, and would cost
         * what it serves.
         */
        REPLICAS_SET_ASIDE(true),
        /** Files cannot be written. */
        DISK_NOT_WRITABLE(false),
        /**
         * A disk has less left than its floor. The node serves readers, trims and deletes, and says to
         * producers why it takes nothing: to take it out of service would cost the first and make no room.
         */
        DISK_SPACE_LOW(true),
        /** Nobody knows: a look at all this does not end. */
        CHECKS_STUCK(false),
        /** The node stops. */
        SHUTTING_DOWN(false);

        private final boolean ready;

        Code(boolean ready) {
            this.ready = ready;
        }
    }

    /** Whether a node is ready that is hindered by these alone. */
    public static boolean ready(List<Hindrance> hindrances) {
        return hindrances.stream().allMatch(hindrance -> hindrance.code.ready);
    }
}
