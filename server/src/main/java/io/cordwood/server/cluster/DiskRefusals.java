package io.cordwood.server.cluster;

import io.cordwood.raft.AppendOutcome.NoRoom;

/**
 * What is refused because a node's disk has less left than its floor.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class DiskRefusals {
    private DiskRefusals() {}

    /** @param so what follows from it for the request */
    public static Refusal of(NoRoom noRoom, String so) {
        return Refusal.of(
                        Reason.DISK_SPACE_LOW,
                        "the " + noRoom.directory() + " disk of node " + noRoom.nodeId() + " has " + noRoom.freeBytes()
                                + " bytes left, its floor is " + noRoom.floorBytes() + "; " + so)
                .with("node_id", noRoom.nodeId())
                .with("directory", noRoom.directory())
                .with(Refusal.VALUE, noRoom.freeBytes())
                .with(Refusal.LIMIT, noRoom.floorBytes());
    }
}
