package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.metadata.MetadataCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A raft log that fails below Ratis, where nothing of ours is asked. Ratis closes the log, or the whole
 * group, and goes on with the others: the node would be a follower that takes nothing, for ever, and never
 * say so. It must end instead.
 */
class ClosedRaftLogTest {
    /** Rolls with every few entries, which is when Ratis opens and renames files. */
    private static final LogUpkeep SMALL_SEGMENTS =
            new LogUpkeep(1L << 30, Duration.ofMinutes(1), 1000, 1 << 10, 100, 512);

    private static final int INDEXES = 500;

    @TempDir
    Path directory;

    /** What befalls the directory of the log. */
    enum Fault {
        GONE {
            @Override
            void befall(Path current) throws IOException {
                Files.move(current, current.resolveSibling("gone"));
            }
        },
        /** No further file can be opened. */
        FULL_OF_DIRECTORIES {
            @Override
            void befall(Path current) throws IOException {
                for (int index = 1; index < INDEXES; index++) {
                    var next = current.resolve("log_inprogress_" + index);
                    if (!Files.exists(next)) {
                        Files.createDirectory(next);
                    }
                }
            }
        };

        abstract void befall(Path current) throws IOException;
    }

    private static boolean isOfTheClose(String reason) {
        return reason.startsWith("Ratis closed the ");
    }

    /** Without this a follower would go on in silence. */
    private static boolean toldOfTheClose(List<String> halts) {
        return halts.stream().anyMatch(ClosedRaftLogTest::isOfTheClose);
    }

    /** Which of the two comes first, and whether the log's own comes at all, depends on what Ratis was at. */
    private static void assertNothingElseTold(List<String> halts) {
        assertThat(halts).allMatch(reason -> isOfTheClose(reason) || reason.contains("raft log"));
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void logOfALeaderThatFailsStopsTheNode(Fault fault) throws Exception {
        try (var cluster = PartitionCluster.start(directory, 1, 1 << 20, SMALL_SEGMENTS)) {
            cluster.appendSurely(batch("before"));
            var node = cluster.node(1);
            fault.befall(node.raftGroup().resolve(RaftLogScan.CURRENT));

            await().atMost(PATIENCE).until(() -> {
                var unused = node.replica().append(AppendRequest.of(batch("later")));
                return toldOfTheClose(node.halts);
            });

            assertNothingElseTold(node.halts);
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void logOfAFollowerThatFailsStopsTheNode(Fault fault) throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, 1 << 20, SMALL_SEGMENTS)) {
            cluster.appendSurely(batch("before"));
            var follower = cluster.othersThan(cluster.leader()).get(0);
            fault.befall(follower.raftGroup().resolve(RaftLogScan.CURRENT));

            await().atMost(PATIENCE).until(() -> {
                cluster.appendSurely(batch("later"));
                return toldOfTheClose(follower.halts);
            });

            assertNothingElseTold(follower.halts);
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void logOfTheMetadataThatFailsStopsTheNode(Fault fault) throws Exception {
        try (var world = new NodeWorld(directory, 1)) {
            world.upkeep(SMALL_SEGMENTS);
            world.start(1, world.list(1));
            world.awaitJoined(1);
            fault.befall(world.metadataRaftGroup(1).resolve(RaftLogScan.CURRENT));

            world.await("the end of the node", () -> {
                var unused = world.node(1).metadata().submit(new MetadataCommand.AllocateProducerIds(1));
                return toldOfTheClose(world.halts);
            });

            assertNothingElseTold(world.halts);
        }
    }
}
