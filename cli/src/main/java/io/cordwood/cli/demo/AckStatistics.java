package io.cordwood.cli.demo;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;

/**
 * Rate and latency of acknowledgements within a part of the demo.
 *
 * @param megabytesPerSecond of keys and values, over the time in which they were due and acknowledged
 */
record AckStatistics(int records, double megabytesPerSecond, double p50Ms, double p99Ms) {
    private static final double NANOS_PER_MS = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double BYTES_PER_MEGABYTE = 1e6;

    static AckStatistics of(List<AckTime> times) {
        if (times.isEmpty()) {
            return new AckStatistics(0, 0, 0, 0);
        }
        var latencies = times.stream().mapToLong(AckTime::latencyNanos).sorted().toArray();
        var first = times.stream().mapToLong(AckTime::dueNanos).min().orElseThrow();
        var last = times.stream().mapToLong(AckTime::ackNanos).max().orElseThrow();
        var bytes = times.stream().mapToLong(AckTime::sizeBytes).sum();
        return new AckStatistics(
                times.size(),
                bytes / BYTES_PER_MEGABYTE / (Math.max(1, last - first) / NANOS_PER_SECOND),
                percentile(latencies, 0.50) / NANOS_PER_MS,
                percentile(latencies, 0.99) / NANOS_PER_MS);
    }

    /**
     * The longest time around the kill in which a partition's records waited and none was acknowledged: up to an
     * acknowledgement behind the kill, from the one before it or, where nothing was waiting then, from when the record was
     * due. It counts where it began before {@code until}.
     */
    static double longestGapMs(List<AckTime> times, long killNanos, long until) {
        var ordered = times.stream()
                .sorted(Comparator.comparingLong(AckTime::ackNanos))
                .toList();
        var lastOfPartition = new HashMap<Integer, Long>();
        var longest = 0L;
        for (var time : ordered) {
            var before = lastOfPartition.put(time.partition(), time.ackNanos());
            var begin = before == null ? time.dueNanos() : Math.max(before, time.dueNanos());
            if (time.ackNanos() > killNanos && begin < until) {
                longest = Math.max(longest, time.ackNanos() - begin);
            }
        }
        return longest / NANOS_PER_MS;
    }

    /** The smallest value that this share of all values does not exceed. */
    private static long percentile(long[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
}
