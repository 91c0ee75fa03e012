package io.cordwood.raft;

import io.cordwood.store.PartitionId;
import org.jspecify.annotations.Nullable;

/** Ends the process because going on could break a promise. An implementation does not return in production; callers throw. */
public interface NodeHalt {

    /** A partition's raft log, files or state contradict each other: its group is set aside at the next start. */
    void damaged(PartitionId partition, String reason, @Nullable Throwable cause);

    /** The disk failed, or Ratis closed a log: the next start tries again. */
    void failed(String reason, Throwable cause);
}
