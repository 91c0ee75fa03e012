package io.cordwood.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.CommittedOffset;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.Commit;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.GroupMembership;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.GroupRegistry;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CommitPacesTest {
    private static final UUID TOPIC = new UUID(1, 2);
    private static final PartitionId FIRST = new PartitionId(TOPIC, 0);
    private static final PartitionId SECOND = new PartitionId(TOPIC, 1);

    private final CommitPaces paces = new CommitPaces();
    private MetadataImage image = owned(5, 5);

    /** The group's two partitions have been their owner's since these epochs; 0 = nobody has one. */
    private static MetadataImage owned(long sinceFirst, long sinceSecond) {
        return image(Map.of(FIRST, sinceFirst, SECOND, sinceSecond));
    }

    private static MetadataImage image(Map<PartitionId, Long> sinces) {
        var partitions = new TreeMap<PartitionId, GroupPartition>();
        var offsets = new TreeMap<PartitionId, CommittedOffset>();
        sinces.forEach((id, since) -> {
            partitions.put(id, new GroupPartition(since == 0 ? "" : "a", since, 0, "a"));
            offsets.put(id, new CommittedOffset(0, -1, "", 0));
        });
        var membership = new GroupMembership(
                1, GroupSettings.DEFAULT, new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), partitions);
        var group = new ConsumerGroup("payments", 0, membership, offsets);
        return new MetadataImage(
                1,
                "",
                4,
                new TreeMap<>(),
                new TreeMap<>(),
                1,
                GroupRegistry.of(new TreeMap<>(Map.of("payments", group))));
    }

    private void commit(long nowMs, long epoch, Set<Integer> refused, PartitionOffset... offsets) {
        var commit = new Commit("payments", "a", epoch, List.of(offsets));
        paces.committed(new CommitOffsets(0, GroupLimits.DEFAULT, List.of(commit)), refused, image, nowMs);
    }

    private void commit(long nowMs, long epoch, long first) {
        commit(nowMs, epoch, Set.of(), offset(FIRST, first));
    }

    private static PartitionOffset offset(PartitionId id, long offset) {
        return new PartitionOffset(id, offset, -1, "");
    }

    private Map<PartitionId, Double> at(long nowMs) {
        return paces.of("payments", image, nowMs);
    }

    @Test
    void paceIsKnownFromTheSecondCommitOn() {
        commit(0, 5, 100);
        assertThat(at(10_000)).isEmpty();

        commit(10_000, 5, 150);
        assertThat(at(10_000)).containsExactly(Map.entry(FIRST, 5.0));
        assertThat(paces.of("audit", image, 10_000)).isEmpty();
    }

    @Test
    void groupThatCommitsNothingMoreComesToZero() {
        commit(0, 5, 100);
        commit(10_000, 5, 150);

        assertThat(at(100_000)).containsExactly(Map.entry(FIRST, 0.0));
    }

    @Test
    void refusedOffsetsDoNotCount() {
        commit(0, 5, Set.of(), offset(FIRST, 0), offset(SECOND, 0));
        var commits = List.of(
                new Commit("payments", "a", 5, List.of(offset(FIRST, 50))),
                new Commit("payments", "a", 5, List.of(offset(FIRST, 700), offset(SECOND, 60))));
        paces.committed(new CommitOffsets(0, GroupLimits.DEFAULT, commits), Set.of(1), image, 10_000);

        assertThat(at(10_000)).containsExactly(Map.entry(FIRST, 5.0), Map.entry(SECOND, 6.0));
    }

    @Test
    void resetOrAnotherOwnerBeginsAnew() {
        commit(0, 5, 100);
        commit(10_000, 5, 150);
        image = owned(9, 5);
        assertThat(at(10_000)).isEmpty();

        commit(20_000, 9, 1_000_000);
        assertThat(at(20_000)).isEmpty();

        commit(30_000, 9, 1_000_020);
        assertThat(at(30_000)).containsExactly(Map.entry(FIRST, 2.0));
    }

    @Test
    void commitFromBeforeAResetIsNoPartOfWhatComesAfterIt() {
        image = owned(9, 5);

        commit(0, 5, 100); // the image is newer than what it was written into
        commit(10_000, 9, 1_000_000);

        assertThat(at(10_000)).isEmpty();
    }

    @Test
    void paceStaysWhileNobodyHasThePartition() {
        commit(0, 5, 100);
        commit(10_000, 5, 150);
        image = owned(0, 5);

        assertThat(at(10_000)).containsExactly(Map.entry(FIRST, 5.0));
    }

    @Test
    void whatIsGoneIsDroppedAfterAWhile() {
        commit(0, 5, Set.of(), offset(FIRST, 1), offset(SECOND, 1));
        assertThat(paces.size()).isEqualTo(2);

        image = image(Map.of(SECOND, 5L));
        commit(CommitPaces.LOOK_MS, 5, Set.of(), offset(SECOND, 2));
        assertThat(paces.size()).isEqualTo(1);

        image = MetadataImage.EMPTY;
        commit(2 * CommitPaces.LOOK_MS, 5, Set.of());
        assertThat(paces.size()).isZero();
    }

    @Test
    void noMoreThanTheLimitAreKept() {
        var many = new TreeMap<PartitionId, Long>();
        for (int i = 0; i <= CommitPaces.KEPT_MAX; i++) {
            many.put(new PartitionId(TOPIC, i), 5L);
        }
        image = image(many);

        many.keySet().forEach(id -> commit(0, 5, Set.of(), offset(id, 1)));

        assertThat(paces.size()).isEqualTo(CommitPaces.KEPT_MAX);
    }
}
