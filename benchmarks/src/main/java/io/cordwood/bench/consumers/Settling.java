package io.cordwood.bench.consumers;

import io.cordwood.bench.wire.WireMember;
import io.cordwood.bench.wire.WireMembers;
import io.cordwood.client.Admin;
import io.cordwood.client.GroupDescription;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A group with as many members as its topic has partitions: all join at once, one leaves.
 *
 * <p>Invariant: what is measured ends when the members know what is theirs, every partition is somebody's,
 * and the group calls itself stable.
 *
 * <p><b>Thread:</b> one.
 */
final class Settling implements WireMember.Watch, AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration ASK = Duration.ofMillis(100);

    private final WireMembers wire;
    private final Admin admin;
    private final String group;
    private final String topic;
    private final int partitions;
    private final List<WireMember> members = new ArrayList<>();

    Settling(WireMembers wire, Admin admin, String group, String topic, int partitions) {
        this.wire = wire;
        this.admin = admin;
        this.group = group;
        this.topic = topic;
        this.partitions = partitions;
    }

    /** Seconds from the first hello until each member has a partition of its own. */
    double join() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        for (int i = 0; i < partitions; i++) {
            members.add(wire.join(group, topic, this));
        }
        Await.until("partition for each member", POLL, () -> haveAll(1));
        awaitStable();
        return secondsSince(begin);
    }

    /** Seconds from the goodbye of one until another one has its partition. */
    double leave() throws IOException, InterruptedException {
        var leaver = members.remove(members.size() / 2);
        long begin = System.nanoTime();
        var unused = leaver.leave();
        Await.until("owner of what the one had that left", POLL, () -> haveAll(2));
        awaitStable();
        return secondsSince(begin);
    }

    private boolean haveAll(int most) {
        requireConnected();
        var owned = members.stream()
                .filter(member -> !member.owned().isEmpty() && member.owned().size() <= most)
                .map(WireMember::owned)
                .toList();
        return owned.size() == members.size()
                && owned.stream().flatMap(each -> each.stream()).distinct().count() == partitions
                && owned.stream().mapToInt(each -> each.size()).sum() == partitions;
    }

    private void requireConnected() {
        members.stream().filter(member -> member.ended().isDone()).findAny().ifPresent(member -> {
            throw new IllegalStateException("a member's stream has ended: " + member.ended());
        });
    }

    private void awaitStable() throws IOException, InterruptedException {
        Await.until("stable group", ASK, () -> {
            var found = admin.groups().describe(group);
            return found.state() == GroupDescription.State.STABLE
                    && found.members().size() == members.size()
                    && found.partitions().stream()
                                    .map(GroupDescription.Partition::owner)
                                    .filter(owner -> !owner.isEmpty())
                                    .count()
                            == partitions
                    && found.partitions().stream()
                                    .map(GroupDescription.Partition::owner)
                                    .collect(Collectors.toSet())
                                    .size()
                            == members.size();
        });
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    @Override
    public void assigned(WireMember member) {}

    @Override
    public void committed(WireMember member, long commitId, String refusal) {}

    /** All leave. */
    @Override
    public void close() throws IOException {
        var ends = members.stream().map(WireMember::leave).toList();
        Await.uninterrupted("end of all members", POLL, () -> ends.stream().allMatch(end -> end.isDone()));
    }
}
