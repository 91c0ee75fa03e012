package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A leader of which nothing is heard any more, where no election timeout is over within the test's time. */
class GoneLeadersIT {
    private static final RaftTimings PATIENT = new RaftTimings(Duration.ofSeconds(12), Duration.ofSeconds(14));
    /** The last heartbeat may have come half an election timeout before. */
    private static final Duration SOON = PATIENT.electionTimeoutMin().dividedBy(2);

    @TempDir
    private Path directory;

    @RegisterExtension
    private final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3);

    private final OrdersUnderLoad orders = new OrdersUnderLoad(world, () -> directory);
    private final Map<Integer, BreakableLink> links = new TreeMap<>();
    private final Network network = new Network();

    @BeforeEach
    void start() throws Exception {
        for (int node = 1; node <= 3; node++) {
            links.put(node, world.linkTo(node));
        }
        world.raftTimings(PATIENT);
        orders.start(LogUpkeep.DEFAULT);
        world.await(
                "the preferred leader", () -> leads(orders.partition().preferredLeader())); // it would be handed over
    }

    @AfterEach
    void heal() throws IOException {
        network.close();
        for (BreakableLink link : links.values()) {
            link.close();
        }
    }

    /** Connections break and are refused, and nothing that it says arrives. */
    private void goes(int node) throws IOException {
        network.isolate(node);
        Objects.requireNonNull(links.get(node)).close();
    }

    private boolean leads(int node) {
        return world.node(node)
                .partition(OrdersUnderLoad.ORDERS)
                .filter(PartitionReplica::leads)
                .isPresent();
    }

    private static IntStream othersThan(int node) {
        return IntStream.rangeClosed(1, 3).filter(other -> other != node);
    }

    private int awaitLeaderOtherThan(int gone) {
        return await().atMost(SOON)
                .until(() -> othersThan(gone).filter(this::leads).findFirst().orElse(0), leader -> leader > 0);
    }

    @Test
    void groupsOfALeaderThatIsGoneElectAtOnceAndTakeRecords() throws Exception {
        int gone = orders.load().leader();
        orders.load().stop();
        long before = orders.load().acknowledged();

        goes(gone);

        var leader = world.node(awaitLeaderOtherThan(gone))
                .partition(OrdersUnderLoad.ORDERS)
                .orElseThrow();
        var outcome = leader.append(AppendRequest.of(PartitionCluster.batch("after")))
                .get(NodeWorld.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(outcome).isInstanceOf(AppendOutcome.Appended.class);
        assertThat(((AppendOutcome.Appended) outcome).baseOffset()).isEqualTo(before);
    }

    @Test
    void metadataOfALeaderThatIsGoneTooTakesCommands() throws Exception {
        orders.load().stop();
        int gone = world.metadataLeader();

        goes(gone);

        int other = await().atMost(SOON)
                .until(
                        () -> othersThan(gone)
                                .flatMap(node -> world.node(node).metadata().leaderNodeId().stream())
                                .filter(leader -> leader != gone)
                                .findFirst()
                                .orElse(0),
                        leader -> leader > 0);
        assertThat(world.submit(other, new MetadataCommand.AddNode(4, "node4:9091")))
                .isInstanceOf(MetadataResult.Done.class);
    }

    @Test
    void leaderThatIsSilentAndDoesNotRefuseKeepsItsTerm() throws Exception {
        int silent = orders.load().leader();
        orders.load().stop();

        network.isolate(silent);

        await().during(Duration.ofSeconds(3))
                .atMost(SOON)
                .until(() -> leads(silent) && othersThan(silent).noneMatch(this::leads));
    }
}
