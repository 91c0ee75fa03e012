package io.cordwood.raft;

import java.nio.file.Path;

/**
 * How much room one of a node's disks had when it was last looked at.
 *
 * @param name of the directory: data or raft
 * @param path of the directory
 * @param freeBytes what the process may still write
 * @param floorBytes what shall be left
 * @param silent it did not answer at the newest look; the rest is from the one before
 */
public record DiskSpace(String name, Path path, long freeBytes, long floorBytes, Level level, boolean silent) {
    /** What a node takes, from most to least. */
    public enum Level {
        /** Everything. */
        ROOM(0),
        /** No batches of clients; as a follower what its leaders send. */
        LOW(1),
        /**
         * No batches of leaders either: what is left is for entries without payload, checkpoints and the
         * metadata.
         */
        FULL(2);

        private final int number;

        Level(int number) {
            this.number = number;
        }

        /** As a metric and other nodes are told it. */
        int number() {
            return number;
        }

        /** One that is not known takes less than all that are. */
        static Level of(int number) {
            return switch (number) {
                case 0 -> ROOM;
                case 1 -> LOW;
                default -> FULL;
            };
        }
    }

    /**
     * The level that follows. The ways back are longer than the ways down, so that what hovers about a
     * floor does not go to and fro.
     */
    static Level levelAfter(Level before, long freeBytes, long floorBytes) {
        long eighth = floorBytes / 8;
        if (freeBytes < 4 * eighth || (before == Level.FULL && freeBytes < 6 * eighth)) {
            return Level.FULL;
        }
        if (freeBytes < floorBytes || (before != Level.ROOM && freeBytes < backAt(floorBytes))) {
            return Level.LOW;
        }
        return Level.ROOM;
    }

    /** As other nodes are told it. */
    NodeDisk told() {
        return new NodeDisk(name, freeBytes, floorBytes, level);
    }

    DiskSpace fallenSilent() {
        return new DiskSpace(name, path, freeBytes, floorBytes, level, true);
    }

    /** What must be free for batches to be taken again. */
    static long backAt(long floorBytes) {
        return floorBytes + floorBytes / 8;
    }

    /** In words for logs and answers. */
    public String describe() {
        return "the disk of " + path + " has " + freeBytes + " bytes left, its floor is " + floorBytes;
    }
}
