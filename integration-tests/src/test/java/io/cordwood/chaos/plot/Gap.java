package io.cordwood.chaos.plot;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A time in which no write of a partition was acknowledged: from one acknowledgement to the next one.
 *
 * @param fromNanos since the begin of the run
 */
public record Gap(TopicPartition partition, long fromNanos, long toNanos) {
    public long nanos() {
        return toNanos - fromNanos;
    }

    /**
     * All that are longer than so many nanoseconds, of each partition that was written to; also partitions
     * without one. The time before the first acknowledgement begins with the first write, and the time after the
     * last one ends with the end of the last write: nobody waits where nobody writes.
     */
    public static Map<TopicPartition, List<Gap>> longerThan(History history, long nanos) {
        var gaps = new LinkedHashMap<TopicPartition, List<Gap>>();
        history.callsByPartition(Operation.Write.class).forEach((partition, writes) -> {
            var found = new ArrayList<Gap>();
            long before = writes.get(0).beginNanos();
            for (long end : marks(writes)) {
                if (end - before > nanos) {
                    found.add(new Gap(partition, before, end));
                }
                before = end;
            }
            gaps.put(partition, List.copyOf(found));
        });
        return gaps;
    }

    /** When writes were acknowledged, and at last when the last write was over. */
    private static long[] marks(List<Call<Operation.Write>> writes) {
        var marks = new ArrayList<Long>();
        long last = 0;
        for (var write : writes) {
            var ended = write.ended();
            last = Math.max(last, ended == null ? write.beginNanos() : ended.nanos());
            if (write.isOk()) {
                marks.add(write.endNanos());
            }
        }
        marks.add(last);
        return marks.stream().mapToLong(Long::longValue).sorted().toArray();
    }
}
