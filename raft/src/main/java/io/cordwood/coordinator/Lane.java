package io.cordwood.coordinator;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Items of one kind on their way into the log: some wait, and one raft entry's worth is under way at most, so that
 * entries are few and full when there is much to do.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class Lane<T> {
    private final List<T> underWay = new ArrayList<>();
    private long proposalId;
    private long readyMillis;

    boolean isFree(long nowMillis) {
        return underWay.isEmpty() && nowMillis >= readyMillis;
    }

    void started(long newProposalId, Collection<T> items) {
        proposalId = newProposalId;
        underWay.addAll(items);
    }

    boolean has(long candidate) {
        return !underWay.isEmpty() && proposalId == candidate;
    }

    List<T> underWay() {
        return List.copyOf(underWay);
    }

    /** What was under way, which is done with. */
    List<T> finished() {
        var items = List.copyOf(underWay);
        underWay.clear();
        return items;
    }

    /** Nothing starts before this. */
    void rest(long untilMillis) {
        readyMillis = untilMillis;
    }
}
