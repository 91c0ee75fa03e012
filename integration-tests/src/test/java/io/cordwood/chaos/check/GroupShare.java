package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Owned;
import io.cordwood.chaos.history.Operation.Parting;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the members of one group did in one partition.
 *
 * <p><b>Thread:</b> immutable, once it is made.
 *
 * @param owned in the order of their epochs, which is that of the owners
 * @param handled in the order of their begins, as are the others
 */
record GroupShare(
        String group,
        TopicPartition partition,
        List<Call<Owned>> owned,
        List<Call<Operation.Handled>> handled,
        List<Call<Operation.Commit>> commits,
        List<Call<Operation.Parted>> partings) {

    private record Key(String group, TopicPartition partition) {}

    /** Of all groups and partitions. */
    static Collection<GroupShare> of(History history) {
        var shares =
                new TreeMap<Key, GroupShare>(Comparator.comparing(Key::group).thenComparing(Key::partition));
        for (var call : history.calls(Operation.OfGroup.class)) {
            var key = new Key(call.what().group(), call.what().partition());
            shares.computeIfAbsent(
                            key,
                            first -> new GroupShare(
                                    key.group,
                                    key.partition,
                                    new ArrayList<>(),
                                    new ArrayList<>(),
                                    new ArrayList<>(),
                                    new ArrayList<>()))
                    .add(call);
        }
        shares.values()
                .forEach(share -> share.owned.sort(
                        Comparator.comparingLong(owned -> owned.what().since())));
        return shares.values();
    }

    private void add(Call<Operation.OfGroup> call) {
        if (call.what() instanceof Owned) {
            owned.add(as(Owned.class, call));
        } else if (call.what() instanceof Operation.Handled) {
            handled.add(as(Operation.Handled.class, call));
        } else if (call.what() instanceof Operation.Commit) {
            commits.add(as(Operation.Commit.class, call));
        } else if (call.what() instanceof Operation.Parted) {
            partings.add(as(Operation.Parted.class, call));
        }
    }

    private static <T extends Operation> Call<T> as(Class<T> kind, Call<?> call) {
        return new Call<>(kind, call.invoked(), call.ended());
    }

    /** The newest ownership that a member had been told of by then; {@code null} where there was none. */
    @Nullable
    Call<Owned> ownedBy(String member, long nanos) {
        return ownedBy(member, nanos, Long.MAX_VALUE);
    }

    /** The same of those that a commit which names that epoch may mean. */
    @Nullable
    Call<Owned> ownedBy(String member, long nanos, long epoch) {
        Call<Owned> newest = null;
        for (var each : owned) {
            if (each.process().equals(member)
                    && each.beginNanos() <= nanos
                    && each.what().since() <= epoch) {
                newest = each;
            }
        }
        return newest;
    }

    /** That of the ownership in which a record is handled; -1 where there is none. */
    long epoch(Call<Operation.Handled> call) {
        var own = ownedBy(call.process(), call.beginNanos());
        return own == null ? -1 : own.what().since();
    }

    /** Whether a member and the partition parted so, within that time. */
    boolean parted(String member, Parting how, long from, long to) {
        return partings.stream()
                .anyMatch(parting -> parting.what().how() == how
                        && parting.process().equals(member)
                        && parting.beginNanos() >= from
                        && parting.beginNanos() <= to);
    }

    /** For sentences. */
    String name() {
        return name(group, partition);
    }

    static String name(String group, TopicPartition partition) {
        return partition + " of group " + group;
    }
}
