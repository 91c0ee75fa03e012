package io.cordwood.raft;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.RecentRate;
import io.cordwood.partition.AppendEntry;
import io.cordwood.store.Backlog;
import io.cordwood.store.Checkpoint;
import java.util.OptionalLong;

/**
 * How fast a partition is appended to, from the times that its leaders wrote into the entries: so a replica that begins to
 * lead knows it at once, and what is applied again after a restart counts for when it was appended.
 *
 * <p>Thread: the updater's; the rates are for any.
 */
final class AppendPace {
    private final RecentRate offsets = new RecentRate();
    private final RecentRate bytes = new RecentRate();
    private boolean begun;
    private long appendedBytes;

    /** @param lastLeaderTimeMs 0 where nothing was appended */
    AppendPace(long lastLeaderTimeMs, long highWatermark) {
        if (lastLeaderTimeMs > 0) {
            begin(lastLeaderTimeMs, highWatermark);
        }
    }

    private void begin(long timeMs, long offset) {
        begun = true;
        offsets.begin(timeMs, offset);
        bytes.begin(timeMs, appendedBytes);
    }

    void applied(AppendEntry entry) {
        if (!begun) {
            begin(entry.leaderTimeMs(), entry.baseOffset());
        }
        appendedBytes += entry.payloadBytes();
        offsets.rise(entry.leaderTimeMs(), entry.endOffset());
        bytes.rise(entry.leaderTimeMs(), appendedBytes);
    }

    /** Nothing is known of what lies before a fetched state. */
    void restart(Checkpoint fetched) {
        begin(fetched.lastLeaderTimeMs(), fetched.highWatermark());
    }

    /** What is found in the log, with what the pace says of it. */
    PartitionBacklog with(Backlog found, TopicConfig config, long nowMs) {
        double bytesPerSecond = bytes.perSecond(nowMs).orElse(0);
        var untilTrimmedMs = found.next()
                .map(next -> RetentionForecast.untilTrimmedMs(config, nowMs, next, bytesPerSecond))
                .orElseGet(OptionalLong::empty);
        return new PartitionBacklog(
                found.bytes(),
                timestampMs(found),
                untilTrimmedMs,
                offsets.perSecond(nowMs).orElse(0));
    }

    private static OptionalLong timestampMs(Backlog found) {
        return found.next().stream()
                .mapToLong(Backlog.Next::timestampMs)
                .filter(timestampMs -> timestampMs != RecordBatch.NO_TIMESTAMP)
                .findFirst();
    }
}
