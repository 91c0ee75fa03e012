package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.Release;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MembershipQueueTest {
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 2), 3);

    private final CommitQueue commits = new CommitQueue(
            CoordinatorConfig.DEFAULT, new FencedCommits((member, partition) -> false), () -> MetadataImage.EMPTY);
    private final MembershipQueue queue = new MembershipQueue(CoordinatorConfig.DEFAULT, commits, 0);

    private static MemberRef member(String id) {
        return new MemberRef("payments", id);
    }

    private void commit(int times) {
        var offsets = List.of(new PartitionOffset(PARTITION, 1, 0, ""));
        for (int i = 0; i < times; i++) {
            assertThat(commits.add(1, member("a"), new CommitRequest(i, 1, offsets, new TreeMap<>())))
                    .isEmpty();
        }
    }

    @Test
    void whatIsGivenUpWaitsForTheCommitsBeforeItAndForNoLaterOnes() {
        var release = new Release("payments", "a", 1, List.of(PARTITION));
        commit(2_500);
        queue.release(member("a"), release);

        int entries = 0;
        while (entries < 10 && queue.next(0, 0).isEmpty()) {
            commit(1_000);
            queue.release(member("a"), release); // once more, which is no reason to wait longer
            commits.start(++entries, 0);
            commits.finished(new TreeMap<>(), 0);
        }

        assertThat(entries).isEqualTo(3);
    }

    private static Join join(String id) {
        var topics = IntStream.range(0, 1_000)
                .mapToObj(i -> "t".repeat(196) + (1_000 + i))
                .collect(Collectors.toCollection(TreeSet::new));
        return new Join(
                "payments",
                id,
                "",
                "",
                "",
                "",
                "",
                new GroupSubscription(topics, ""),
                new TreeSet<>(),
                GroupSettings.DEFAULT);
    }

    @Test
    void bytesOfJoinsThatWaitAreBounded() {
        int taken = 0;
        var refused = queue.join(member("m0"), join("m0"));
        while (refused.isEmpty()) {
            taken++;
            refused = queue.join(member("m" + taken), join("m" + taken));
        }

        assertThat(taken).isEqualTo(160); // of 204 KB each, and 32,000 KiB may wait
        assertThat(refused.get().reason()).isEqualTo(GroupReason.OVERLOADED);
        assertThat(refused.get().field()).isEqualTo("joins that wait, in bytes");
        assertThat(queue.join(member("m7"), join("m7"))).isEmpty(); // in place of the one that waits
        queue.forget(member("m7"));
        assertThat(queue.join(member("next"), join("next"))).isEmpty();
        assertThat(queue.next(0, 0)).isPresent();
        assertThat(queue.join(member("last"), join("last"))).isEmpty();
    }
}
