package io.cordwood.raft;

import io.cordwood.raft.AppendOutcome.NoRoom;
import io.cordwood.raft.DiskSpace.Level;
import java.util.List;
import java.util.Optional;

/**
 * What a node says of one of its disks.
 *
 * @param directory data or raft
 * @param freeBytes what the node may still write
 * @param floorBytes what shall be left
 */
public record NodeDisk(String directory, long freeBytes, long floorBytes, Level level) {

    /**
     * Whether a node with such disks, as far as any are known, is given replicas of dead nodes: it must have as
     * much again as its floor, lest the repair of one node has the others refuse batches.
     */
    public static boolean haveRoomForMore(List<NodeDisk> disks) {
        return disks.stream().allMatch(disk -> disk.level() == Level.ROOM && disk.freeBytes() / 2 >= disk.floorBytes());
    }

    /** Why a node with such disks takes no batches, by the one that has least; empty where it takes them. */
    public static Optional<NoRoom> noRoom(int nodeId, List<NodeDisk> disks) {
        return disks.stream()
                .filter(disk -> disk.level() != Level.ROOM)
                .reduce((one, other) -> other.level().compareTo(one.level()) > 0 ? other : one)
                .map(disk -> new NoRoom(nodeId, disk.directory(), disk.freeBytes(), disk.floorBytes()));
    }
}
