package io.cordwood.client;

/** What a node does when it is about to send a batch to a subscriber. */
interface SubscribeScript {
    SubscribeScript SEND = (node, partition, baseOffset) -> Fate.SEND;

    Fate decide(int node, int partition, long baseOffset);

    /** What happens instead of sending. */
    enum Fate {
        SEND,
        /** One bit of the batch is flipped on the way. */
        SEND_CORRUPT,
        /** An answer without data comes, and nothing after it. */
        SEND_EMPTY,
        /** The batch is left out. */
        SKIP,
        /** The answer names a partition that cannot be. */
        MISNAME,
        /** The stream breaks. */
        RESET,
        /** The partition is refused as led by another node. */
        SAY_NOT_LEADER,
        /** Nothing comes, without a word. */
        FALL_SILENT
    }
}
