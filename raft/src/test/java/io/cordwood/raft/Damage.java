package io.cordwood.raft;

import io.cordwood.store.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What happened to a stopped replica at or below its floor. */
enum Damage {
    RAFT_LOG_CUT(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            ReplicaFiles.cutTo(files.openRaftSegment(), 2);
        }
    },
    RAFT_LOG_EMPTY(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            Files.delete(files.openRaftSegment());
        }
    },
    RAFT_LOG_FLIPPED(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            ReplicaFiles.flipBitInTheMiddle(files.openRaftSegment());
        }
    },
    RAFT_LOG_BEGINS_LATE(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            files.splitRaftLog(1);
            Files.delete(files.raftSegments().get(0));
        }
    },
    RAFT_LOG_WITH_A_HOLE(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            files.splitRaftLog(2);
            Files.delete(files.raftSegments().get(1));
        }
    },
    CLOSED_RAFT_SEGMENT_FLIPPED(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            files.splitRaftLog(1);
            ReplicaFiles.flipBitInTheMiddle(files.raftSegments().get(0));
        }
    },
    CLOSED_RAFT_SEGMENT_CUT(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            files.splitRaftLog(1);
            ReplicaFiles.cutTo(files.raftSegments().get(0), 2);
        }
    },
    SEGMENT_FLIPPED(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            ReplicaFiles.flipBitInTheMiddle(files.segments().get(1));
        }
    },
    SEGMENT_CUT(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            ReplicaFiles.cutTo(files.lastSegment(), 2);
        }
    },
    FIRST_SEGMENT_MISSING(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            Files.delete(files.segments().get(0));
        }
    },
    MIDDLE_SEGMENT_MISSING(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            Files.delete(files.segments().get(1));
        }
    },
    LAST_SEGMENT_MISSING(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            Files.delete(files.lastSegment());
        }
    },
    ALL_SEGMENTS_MISSING(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            for (Path segment : files.segments()) {
                Files.delete(segment);
            }
        }
    },
    MARKED(false) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            Files.writeString(files.partition().resolve(RecoveredReplica.DAMAGE_MARKER), "high watermark fell");
        }
    },
    CHECKPOINT_FLIPPED(true) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            ReplicaFiles.flipBitInTheMiddle(files.partition().resolve(CheckpointFile.NAME));
        }
    },
    CHECKPOINT_MISSING_BEHIND_A_PURGE(true) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            files.splitRaftLog(1);
            Files.delete(files.raftSegments().get(0));
            Files.delete(files.partition().resolve(CheckpointFile.NAME));
        }
    },
    RAFT_LOG_ENDS_BELOW_THE_CHECKPOINT_AND_THE_FLOOR_ABOVE(true) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            files.splitRaftLog(1);
            Files.delete(files.openRaftSegment());
        }
    },
    SEALED_SEGMENT_OF_THE_CHECKPOINT_CUT(true) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            ReplicaFiles.cutTo(files.segments().get(0), 2);
        }
    },
    SEALED_SEGMENT_OF_THE_CHECKPOINT_MISSING(true) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            Files.delete(files.segments().get(1));
        }
    },
    ACTIVE_SEGMENT_OF_THE_CHECKPOINT_CUT(true) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            ReplicaFiles.cutTo(files.lastSegment(), 2);
        }
    },
    EVERYTHING_MISSING_BUT_THE_GROUP(true) {
        @Override
        void doTo(ReplicaFiles files) throws IOException {
            for (Path file : files.raftSegments()) {
                Files.delete(file);
            }
            for (Path segment : files.segments()) {
                Files.delete(segment);
            }
            Files.delete(files.partition().resolve(CheckpointFile.NAME));
        }
    };

    private final boolean withCheckpoint;

    Damage(boolean withCheckpoint) {
        this.withCheckpoint = withCheckpoint;
    }

    /** Whether the replica has a checkpoint before. */
    boolean withCheckpoint() {
        return withCheckpoint;
    }

    abstract void doTo(ReplicaFiles files) throws IOException;
}
