package io.cordwood.batch;

/**
 * What a topic asks of its records.
 *
 * @param type with {@link TimestampType#LOG_APPEND_TIME} the records' own timestamps are not looked at
 * @param maxPastMs how far behind the leader's clock a timestamp may be; {@link Long#MAX_VALUE} = any
 * @param maxFutureMs how far ahead of it
 * @param keyRequired whether every record needs a key, as compaction does
 */
public record TimestampRules(TimestampType type, long maxPastMs, long maxFutureMs, boolean keyRequired) {
    public TimestampRules {
        if (maxPastMs < 0 || maxFutureMs < 0) {
            throw new IllegalArgumentException(
                    "maxPastMs " + maxPastMs + " and maxFutureMs " + maxFutureMs + " must be >= 0");
        }
    }
}
