package io.cordwood.metrics;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A replica of this node at one moment.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param leading this replica leads and takes batches
 * @param leaderKnown it leads, or knows who does
 * @param applyGap entries that are committed and not applied here yet
 * @param lacksCopies the metadata counts fewer copies than there shall be, whoever is a member
 * @param followers what a leader knows of the other members, by node id; empty where it does not lead
 */
public record PartitionSample(
        String topic,
        int partition,
        boolean leading,
        boolean leaderKnown,
        long term,
        long applyGap,
        boolean lacksCopies,
        SortedMap<Integer, Lag> followers,
        Files files,
        Queued queued) {

    /** With all its copies, as far as the metadata knows. */
    public PartitionSample(
            String topic,
            int partition,
            boolean leading,
            boolean leaderKnown,
            long term,
            long applyGap,
            SortedMap<Integer, Lag> followers,
            Files files,
            Queued queued) {
        this(topic, partition, leading, leaderKnown, term, applyGap, false, followers, files, queued);
    }

    public PartitionSample lackingCopies() {
        return new PartitionSample(
                topic, partition, leading, leaderKnown, term, applyGap, true, followers, files, queued);
    }

    /** A follower that lacks more of the leader's entries is catching up. */
    private static final long CLOSE_ENTRIES = 64;

    private static final long SILENT_MS = 10_000;

    public PartitionSample {
        followers = Collections.unmodifiableSortedMap(new TreeMap<>(followers));
    }

    /**
     * What a follower has not confirmed.
     *
     * @param silentMs since its last answer
     */
    public record Lag(long entries, long bytes, long silentMs) {
        static final Lag NONE = new Lag(0, 0, 0);

        Lag max(Lag other) {
            return new Lag(
                    Math.max(entries, other.entries), Math.max(bytes, other.bytes), Math.max(silentMs, other.silentMs));
        }

        boolean isClose() {
            return entries <= CLOSE_ENTRIES && silentMs <= SILENT_MS;
        }
    }

    /** The segment files. */
    public record Files(long bytes, int segments) {}

    /** What waits for the log of a leader. */
    public record Queued(long bytes, int batches) {}

    /** The largest of each. */
    Lag largestLag() {
        return followers.values().stream().reduce(Lag.NONE, Lag::max);
    }

    /**
     * Whether a member lags far behind or is silent, or copies are missing: a lost one is no member while
     * it is rebuilt. Its leader says so.
     */
    boolean isUnderReplicated() {
        return (leading && lacksCopies) || !followers.values().stream().allMatch(Lag::isClose);
    }

    Name name() {
        return new Name(topic, partition);
    }

    /** Which partition. */
    record Name(String topic, int partition) {}
}
