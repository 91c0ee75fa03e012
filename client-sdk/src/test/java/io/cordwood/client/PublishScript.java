package io.cordwood.client;

import io.cordwood.batch.RecordBatch;

/** What the leader of a partition does with a batch that reaches it. */
interface PublishScript {
    /** Everything is as it should be. */
    PublishScript ACCEPT = request -> Fate.ACCEPT;

    Fate decide(Request request);

    /**
     * A batch as it arrived.
     *
     * @param count how many batches of the partition have arrived, this one included
     */
    record Request(int node, int partition, int count, RecordBatch batch) {}

    /** What happens to a batch and to its answer. */
    enum Fate {
        ACCEPT,
        /** Into the log, and the answer comes when it is released. */
        HOLD_ANSWER,
        /** Into the log, and the answer comes twice. */
        ACCEPT_ANSWER_TWICE,
        /** Into the log, and no answer ever. */
        ACCEPT_SILENTLY,
        /** Nowhere, and no answer ever. */
        IGNORE,
        /** Into the log, but the answer is that this node leads no more. */
        ACCEPT_SAY_NOT_LEADER,
        /** Into the log, but the answer is that it took too long. */
        ACCEPT_SAY_TIMED_OUT,
        REFUSE_NOT_LEADER,
        REFUSE_OVERLOADED,
        REFUSE_TOO_LARGE,
        /** Too large, with the limit of 512 bytes. */
        REFUSE_BEYOND_512,
        /** Into the log, and the stream breaks before the answer. */
        ACCEPT_AND_RESET,
        /** Nowhere, and the stream breaks. */
        RESET,
        /** The stream breaks, but the node comes to the batch all the same, after a few others of its partition. */
        RESET_AND_ACCEPT_LATER
    }
}
