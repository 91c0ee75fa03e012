package io.cordwood.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What happens when a handler fails.
 *
 * @param attempts how often a record is handled at most, from 1, before the strategy decides
 * @param pause between attempts; meanwhile the record's key waits, other keys go on
 * @param requeue where to; set exactly for {@link FailureStrategy#REQUEUE}
 */
public record FailurePolicy(
        int attempts,
        RetryPolicy pause,
        FailureStrategy strategy,
        @Nullable Requeue requeue) {
    /** Between attempts, where nothing else is said. */
    public static final RetryPolicy DEFAULT_PAUSE = new RetryPolicy(Duration.ofMillis(100), Duration.ofSeconds(10));

    /** The consumer ends with the first failure. */
    public static final FailurePolicy FAIL_FAST = new FailurePolicy(1, DEFAULT_PAUSE, FailureStrategy.FAIL_FAST, null);

    public FailurePolicy {
        Settings.requireIn("attempts", attempts, 1, 1_000_000);
        if ((strategy == FailureStrategy.REQUEUE) != (requeue != null)) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_ARGUMENT,
                    "requeue",
                    String.valueOf(requeue),
                    "topics for REQUEUE, none for " + FailureStrategy.FAIL_FAST + " and " + FailureStrategy.IGNORE);
        }
    }

    /** Failures are logged, and their records count as done. */
    public static FailurePolicy ignore() {
        return new FailurePolicy(1, DEFAULT_PAUSE, FailureStrategy.IGNORE, null);
    }

    /** To a retry topic, and in the end to a dead-letter topic. */
    public static FailurePolicy requeue(Requeue topics) {
        return new FailurePolicy(1, DEFAULT_PAUSE, FailureStrategy.REQUEUE, topics);
    }

    /** Straight to this topic, without rounds in between. */
    public static FailurePolicy deadLetter(String topic) {
        return requeue(new Requeue(topic, topic, 0, Duration.ZERO));
    }

    /** So many attempts before the strategy decides. */
    public FailurePolicy withAttempts(int count, RetryPolicy between) {
        return new FailurePolicy(count, between, strategy, requeue);
    }

    /**
     * Where failed records go. Later records of the same key overtake one that is requeued. What happened is
     * told in headers of a few hundred bytes, and the failure in up to 1,000 characters where there is room:
     * the topics should take batches that much larger than the records that are read.
     *
     * @param retryTopic read by the same group, or by another that is meant for it
     * @param rounds how often a record goes to the retry topic before it goes to the dead-letter topic
     * @param delay from the failure until it is due again; the same in each round, so that a partition of the
     *     retry topic is in the order of its due times and no record waits behind one that is due later
     */
    public record Requeue(String retryTopic, String deadLetterTopic, int rounds, Duration delay) {
        public Requeue {
            Names.requireTopic(retryTopic);
            Names.requireTopic(deadLetterTopic);
            Settings.requireIn("rounds", rounds, 0, 1_000_000);
            Settings.requireNotNegative("delay", delay);
        }
    }
}
