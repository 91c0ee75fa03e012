package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * A bug that the store could have, planted around it: the suites that look for such bugs must find each.
 *
 * <p><b>Thread:</b> immutable.
 */
enum PlantedBug {
    NONE,
    /** A record counts as acknowledged as soon as its bytes are written. */
    ACKNOWLEDGES_BEFORE_THE_FORCE,
    /** Files are created and renamed, and the directory is never forced. */
    FORCES_NO_DIRECTORY,
    /** What is known of producers is not in the checkpoint. */
    CHECKPOINT_WITHOUT_PRODUCERS,
    /** A force that failed is tried again, and its success is believed. */
    TRIES_A_FAILED_FORCE_AGAIN,
    /** The next start does so: it writes nothing of what it finds again. */
    BELIEVES_WHAT_A_START_READS;

    /** What the store with this bug sees of a disk. */
    Disk on(Disk disk) {
        return switch (this) {
            case FORCES_NO_DIRECTORY -> new WithoutDirectoryForces(disk);
            case TRIES_A_FAILED_FORCE_AGAIN -> new ForcingTwice(disk);
            case BELIEVES_WHAT_A_START_READS -> new WithoutRepeatedWrites(disk);
            case NONE, ACKNOWLEDGES_BEFORE_THE_FORCE, CHECKPOINT_WITHOUT_PRODUCERS -> disk;
        };
    }

    /** What the store with this bug writes of a checkpoint. */
    Checkpoint in(Checkpoint checkpoint) {
        if (this != CHECKPOINT_WITHOUT_PRODUCERS) {
            return checkpoint;
        }
        return new Checkpoint(
                checkpoint.partition(),
                checkpoint.term(),
                checkpoint.index(),
                checkpoint.highWatermark(),
                checkpoint.logStartOffset(),
                checkpoint.lastLeaderTimeMs(),
                checkpoint.leaderEpochs(),
                List.of(),
                checkpoint.segments(),
                checkpoint.compactedEnd());
    }

    private static final class WithoutDirectoryForces extends ForwardingDisk {
        WithoutDirectoryForces(Disk inner) {
            super(inner);
        }

        @Override
        public void forceDirectory(Path directory) {
            // that is the bug
        }
    }

    private static final class WithoutRepeatedWrites extends ForwardingDisk {
        WithoutRepeatedWrites(Disk inner) {
            super(inner);
        }

        @Override
        public DiskFile open(Path path, OpenMode mode) throws IOException {
            return new ForwardingFile(super.open(path, mode)) {
                @Override
                public void write(ByteBuffer src, long position) throws IOException {
                    var there = ByteBuffer.allocate(src.remaining());
                    read(there, position);
                    if (!there.flip().equals(src)) {
                        super.write(src, position);
                    }
                }
            };
        }
    }

    private static final class ForcingTwice extends ForwardingDisk {
        ForcingTwice(Disk inner) {
            super(inner);
        }

        @Override
        public DiskFile open(Path path, OpenMode mode) throws IOException {
            return new ForwardingFile(super.open(path, mode)) {
                @Override
                public void force() throws IOException {
                    try {
                        super.force();
                    } catch (IOException e) {
                        super.force();
                    }
                }
            };
        }
    }
}
