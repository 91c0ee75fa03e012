package io.cordwood.server.partition;

import io.cordwood.server.cluster.Refusal;
import java.util.OptionalLong;

/** What became of one batch. */
public sealed interface AppendResult {
    /**
     * In the log of a majority, on disk.
     *
     * @param endOffset exclusive
     * @param duplicate it was there before: an idempotent producer sent it again
     * @param logAppendTimeMs the leader's time, where the topic asks for it
     */
    record Appended(long baseOffset, long endOffset, int leaderEpoch, boolean duplicate, OptionalLong logAppendTimeMs)
            implements AppendResult {}

    /** Not in the log, except for reasons that leave the outcome unknown. */
    record Refused(Refusal refusal) implements AppendResult {}
}
