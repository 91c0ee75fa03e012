package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.ResetOffsets;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.MetadataCommand.AllocateProducerIds;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataResult.ProducerIdBlock;
import io.cordwood.metadata.PartitionId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a node knows of its own leadership of the metadata, and writes as the leader only. */
class MetadataLeadershipIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3);

    private ClusterMetadata metadata(int node) {
        return world.node(node).metadata();
    }

    private List<Integer> leading(Integer... nodes) {
        return Stream.of(nodes)
                .filter(node -> metadata(node).leadingTerm().isPresent())
                .toList();
    }

    @Test
    void oneNodeLeadsAndItAloneWrites() throws Exception {
        world.startThree();
        world.await("one leader", () -> leading(1, 2, 3).size() == 1);
        int leader = leading(1, 2, 3).get(0);
        int follower = leader % 3 + 1;

        assertThat(metadata(leader).submitHere(new AllocateProducerIds(1)))
                .succeedsWithin(PATIENCE)
                .isInstanceOfSatisfying(
                        ProducerIdBlock.class,
                        block -> assertThat(metadata(leader).image().index()).isGreaterThanOrEqualTo(block.index()));
        assertThat(metadata(follower).submitHere(new AllocateProducerIds(1)))
                .failsWithin(PATIENCE)
                .withThrowableThat()
                .withCauseInstanceOf(MetadataUnavailableException.class);
    }

    @Test
    void nextLeaderHasALaterTerm() throws Exception {
        world.startThree();
        world.await("one leader", () -> leading(1, 2, 3).size() == 1);
        int first = leading(1, 2, 3).get(0);
        long before = metadata(first).leadingTerm().orElseThrow();

        world.stop(first);

        var others = IntStream.rangeClosed(1, 3)
                .filter(node -> node != first)
                .boxed()
                .toArray(Integer[]::new);
        world.await("another leader", () -> leading(others).size() == 1);
        int second = leading(others).get(0);
        assertThat(metadata(second).leadingTerm().orElseThrow()).isGreaterThan(before);
    }

    @Test
    void commandThatNoEntryHoldsIsRefused() throws Exception {
        world.start(1, world.list(1));
        world.awaitJoined(1);
        var text = "x".repeat(GroupLimits.DEFAULT.maxMetadataBytes());
        var offsets = IntStream.range(0, 200)
                .mapToObj(i -> new PartitionOffset(new PartitionId(new UUID(1, 1), i), i, -1, text))
                .toList();
        var large = new ResetOffsets(1, GroupLimits.DEFAULT, "payments", offsets, false, true);

        assertThat(metadata(1).submitHere(large))
                .succeedsWithin(PATIENCE)
                .isInstanceOfSatisfying(
                        MetadataResult.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(MetadataResult.Reason.LIMIT_REACHED));
    }
}
