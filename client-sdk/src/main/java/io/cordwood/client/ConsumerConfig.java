package io.cordwood.client;

import java.time.Duration;

/**
 * Settings of a consumer, checked.
 *
 * @param delivery whether a record is committed after it is done or before it is given
 * @param commitMode when progress is committed
 * @param commitInterval between automatic commits
 * @param windowRecords of a partition from the first unfinished record to the last one taken
 * @param takenBytes bound on records taken and not over, all partitions together, but for one record of
 *     each
 * @param maxPollRecords given by one poll
 * @param ordering which records of a partition wait for each other
 * @param workers handlers under way at a time
 * @param failures what follows a failed handler
 * @param revokeTimeout for what is under way when a partition is revoked
 * @param retry between tries to commit or to store
 * @param closeTimeout for what is under way when the consumer is closed
 */
record ConsumerConfig(
        DeliveryGuarantee delivery,
        CommitMode commitMode,
        Duration commitInterval,
        int windowRecords,
        long takenBytes,
        int maxPollRecords,
        Ordering ordering,
        int workers,
        FailurePolicy failures,
        Duration revokeTimeout,
        RetryPolicy retry,
        Duration closeTimeout) {

    enum DeliveryGuarantee {
        /** A record is given again where it is not known to be done. */
        AT_LEAST_ONCE,
        /**
         * A record is given once; it is lost where the process fails, the member is fenced or the time to
         * finish is over before it is done.
         */
        AT_MOST_ONCE
    }

    enum CommitMode {
        /** At the interval, at a revocation and at the end. */
        AUTOMATIC,
        /**
         * When the application says so; at a revocation and at the end what it said was done. And the place
         * where it begins, where nothing is committed yet.
         */
        MANUAL
    }

    ConsumerConfig {
        Settings.requirePositive("commitInterval", commitInterval);
        Settings.requireIn("windowRecords", windowRecords, 1, 1_000_000);
        Settings.requireIn("takenBytes", takenBytes, 1, Long.MAX_VALUE);
        Settings.requireIn("maxPollRecords", maxPollRecords, 1, Integer.MAX_VALUE);
        Settings.requireIn("workers", workers, 1, 10_000);
        Settings.requireNotNegative("revokeTimeout", revokeTimeout);
        Settings.requireNotNegative("closeTimeout", closeTimeout);
        if (delivery == DeliveryGuarantee.AT_MOST_ONCE) {
            requireOnce(commitMode, failures);
        }
    }

    private static void requireOnce(CommitMode commitMode, FailurePolicy failures) {
        if (commitMode == CommitMode.MANUAL) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_ARGUMENT, "commitMode", commitMode, "AUTOMATIC for at most once");
        }
        if (failures.attempts() > 1) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_ARGUMENT, "attempts", failures.attempts(), "1 for at most once");
        }
        var requeue = failures.requeue();
        if (requeue != null && requeue.rounds() > 0) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_ARGUMENT, "rounds", requeue.rounds(), "0 for at most once");
        }
    }

    boolean atMostOnce() {
        return delivery == DeliveryGuarantee.AT_MOST_ONCE;
    }

    boolean automatic() {
        return commitMode == CommitMode.AUTOMATIC;
    }
}
