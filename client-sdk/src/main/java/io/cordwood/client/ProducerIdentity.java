package io.cordwood.client;

import io.cordwood.proto.v1.InitProducerResponse;

/**
 * What the cluster drew for an idempotent producer.
 *
 * @param batchesRemembered of those it sent to a partition, the newest that are recognised when they come again;
 *     1 to 100
 */
record ProducerIdentity(long id, short epoch, int batchesRemembered) {
    private static final int REMEMBERED_BY_DEFAULT = 5;
    /** The publisher walks through the batches under way at each answer. */
    private static final int REMEMBERED_AT_MOST = 100;

    static ProducerIdentity of(InitProducerResponse drawn) {
        int remembered = drawn.hasBatchesRemembered() ? drawn.getBatchesRemembered() : REMEMBERED_BY_DEFAULT;
        return new ProducerIdentity(
                drawn.getProducerId(),
                (short) drawn.getProducerEpoch(),
                Math.max(1, Math.min(remembered, REMEMBERED_AT_MOST)));
    }
}
