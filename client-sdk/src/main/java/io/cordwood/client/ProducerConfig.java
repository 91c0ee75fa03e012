package io.cordwood.client;

import io.cordwood.batch.Compression;
import java.time.Duration;

/**
 * Settings of a producer, checked.
 *
 * @param linger how long an open batch waits for more records
 * @param batchBytes size at which a batch is full
 * @param bufferBytes bound on records that are not acknowledged yet, at least one largest record
 * @param maxBlock how long {@code send} waits for room or for the topic's partitions
 * @param deliveryTimeout from {@code send} to success or failure, more than {@code linger}
 * @param recordMaxBytes largest batch of a single record, before compression
 */
record ProducerConfig(
        Duration linger,
        int batchBytes,
        Compression compression,
        boolean idempotent,
        int bufferBytes,
        Duration maxBlock,
        Duration deliveryTimeout,
        int recordMaxBytes,
        Duration closeTimeout) {
    static final int BATCH_MIN_BYTES = 1 << 10;

    ProducerConfig {
        Settings.requireNotNegative("linger", linger);
        Settings.requireIn("recordMaxBytes", recordMaxBytes, BATCH_MIN_BYTES, 64 << 20);
        Settings.requireIn("batchBytes", batchBytes, BATCH_MIN_BYTES, recordMaxBytes);
        Settings.requireIn("bufferBytes", bufferBytes, recordMaxBytes, Integer.MAX_VALUE);
        Settings.requireNotNegative("maxBlock", maxBlock);
        Settings.requirePositive("deliveryTimeout", deliveryTimeout);
        Settings.requireNotNegative("closeTimeout", closeTimeout);
        if (deliveryTimeout.compareTo(linger) <= 0) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_ARGUMENT, "deliveryTimeout", deliveryTimeout, "more than linger, " + linger);
        }
        if (!compression.available()) {
            throw CordwoodException.invalid(
                    ErrorCode.UNSUPPORTED_COMPRESSION, "compression", compression, "codecs whose library is there");
        }
    }
}
