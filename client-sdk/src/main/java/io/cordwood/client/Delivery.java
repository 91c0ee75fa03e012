package io.cordwood.client;

/**
 * How records reach the application.
 *
 * <p>Contract: each record accepted is finished or dropped through {@link ConsumerCore} in the end; of one
 * that was dropped, the bytes are given back once the application does not hold it any more.
 *
 * <p><b>Thread:</b> the consumer's.
 */
sealed interface Delivery permits HandlerDelivery, PollDelivery {
    /** Whether it has a use for one more record. */
    boolean wantsMore();

    void accept(TakenRecord record);

    /** Whether what it has accepted may still reach the application. */
    boolean gives();

    /** @param busy whether it was with its handler or the application */
    void dropped(TakenRecord record, boolean busy);

    /** Nobody waits in the partition any more; called before its records are dropped. */
    void droppingWaiting(OwnedPartition owner);

    void paused(OwnedPartition owner);

    void resumed(OwnedPartition owner);

    /** A partition cannot be read at the moment. */
    void readFailed(CordwoodException reason);

    /** The consumer has failed for good. */
    void failed(RuntimeException reason);

    /** Gives what is ready. */
    void turn();
}
