package io.cordwood.chaos.planted;

import java.util.Locale;

/**
 * What befalls a cluster so that a planted bug shows.
 *
 * <p><b>Thread:</b> immutable.
 */
public enum PlantedFault {
    /** The disks of all nodes lose their power at once, and the nodes end. */
    POWER_LOSS_OF_ALL,
    /** All nodes are killed at once. */
    KILL_ALL,
    /** The node that leads most partitions is cut from the others in both directions, and from no client. */
    ISOLATE_LEADER,
    /** What the nodes answer does not reach their clients; what clients send reaches the nodes. */
    CUT_ANSWERS;

    /** As it is printed. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
