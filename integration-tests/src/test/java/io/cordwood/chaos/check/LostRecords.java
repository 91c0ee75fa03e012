package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.FinalLog;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The acknowledged records of a partition that are not in its final log at the acknowledged offset, though
 * nobody allowed to drop them. Says of each whether it is of the prefix (nothing acknowledged before it is
 * left), of the postfix (nothing behind it is left) or of the middle. Those that lie where a final log was not
 * read any more are one finding: nobody knows what is there.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class LostRecords {
    private final History history;
    private final Findings findings;

    LostRecords(History history, Findings findings) {
        this.history = history;
        this.findings = findings;
    }

    /** @param concerned of which acknowledged records */
    void find(Predicate<Call<Operation.Write>> concerned) {
        history.callsByPartition(Operation.Write.class).forEach((partition, writes) -> {
            var acknowledged = new ArrayList<Call<Operation.Write>>();
            for (var write : writes) {
                if (write.isOk() && concerned.test(write)) {
                    acknowledged.add(write);
                }
            }
            var log = history.finalLogs().get(partition);
            if (log != null) {
                compare(partition, acknowledged, log);
            } else if (!acknowledged.isEmpty()) {
                findings.add(partition + " was not read in the end, and has " + acknowledged.size()
                        + " acknowledged records, the first of "
                        + acknowledged.get(0).where());
            }
        });
    }

    private void compare(TopicPartition partition, List<Call<Operation.Write>> acknowledged, FinalLog log) {
        long droppable = Math.min(log.logStart(), trimmedBefore(partition));
        var lost = new ArrayList<Call<Operation.Write>>();
        var unread = new ArrayList<Call<Operation.Write>>();
        long firstLeft = Long.MAX_VALUE;
        long lastLeft = -1;
        for (var call : acknowledged) {
            long offset = offset(call);
            if (call.what().value().equals(log.at(offset))) {
                firstLeft = Math.min(firstLeft, offset);
                lastLeft = Math.max(lastLeft, offset);
            } else if (log.readTo() < log.endOffset() && offset >= log.readTo()) {
                unread.add(call);
            } else if (offset >= droppable) {
                lost.add(call);
            }
        }
        for (var call : lost) {
            long offset = offset(call);
            var part = offset < firstLeft ? "prefix" : offset > lastLeft ? "postfix" : "middle";
            findings.add(sentence(partition, call, log) + "; lost " + (lastLeft < 0 ? "with all others" : part));
        }
        if (!unread.isEmpty()) {
            findings.add(partition + " was not read from offset " + log.readTo() + " on, and has " + unread.size()
                    + " acknowledged records there, the first of "
                    + unread.get(0).where());
        }
    }

    private static String sentence(TopicPartition partition, Call<Operation.Write> call, FinalLog log) {
        long offset = offset(call);
        var found = log.at(offset);
        return call.what().value() + " was acknowledged at " + partition + " offset " + offset + " to " + call.where()
                + ", and the final read of [" + log.logStart() + ", " + log.readTo() + ") has there "
                + (found == null ? "nothing" : found);
    }

    private long trimmedBefore(TopicPartition partition) {
        return history.calls(Operation.Trim.class).stream()
                .filter(trim -> !trim.isFailed() && trim.what().partition().equals(partition))
                .mapToLong(trim -> trim.what().before())
                .max()
                .orElse(0);
    }

    private static long offset(Call<Operation.Write> call) {
        Long offset = call.what().offset();
        if (offset == null) {
            throw new IllegalArgumentException("acknowledged without an offset: " + call);
        }
        return offset;
    }
}
