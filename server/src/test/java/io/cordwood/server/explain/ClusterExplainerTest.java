package io.cordwood.server.explain;

import static io.cordwood.server.explain.CauseCode.DISK;
import static io.cordwood.server.explain.CauseCode.NODE_AWAY;
import static io.cordwood.server.explain.CauseCode.NODE_DEAD;
import static io.cordwood.server.explain.CauseCode.NODE_NOT_READY;
import static io.cordwood.server.explain.CauseCode.NO_LEADER;
import static io.cordwood.server.explain.CauseCode.NO_MAJORITY;
import static io.cordwood.server.explain.CauseCode.NO_METADATA_LEADER;
import static io.cordwood.server.explain.CauseCode.UNDER_REPLICATED;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.DeadReplicas;
import io.cordwood.metadata.NodeState;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.server.explain.NodePicture.Answer;
import io.cordwood.server.explain.NodePicture.Health;
import io.cordwood.server.explain.PartitionPicture.Standing;
import io.cordwood.server.health.Hindrance;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ClusterExplainerTest {
    private static List<CauseCode> codes(List<Cause> causes) {
        return causes.stream().map(Cause::code).toList();
    }

    private static List<Cause> explain(PartitionPicture partition) {
        return Explainer.topic(Pictures.around(partition));
    }

    private static List<Cause> explain(NodePicture node) {
        return Explainer.node(node, Pictures.sound());
    }

    private static Health answered(Hindrance... hindrances) {
        return new Health(Answer.GIVEN, List.of(hindrances), List.of(), List.of());
    }

    private static void assertOnly(List<Cause> causes, CauseCode code, String sentence) {
        assertThat(causes).singleElement().satisfies(cause -> {
            assertThat(cause.code()).isEqualTo(code);
            assertThat(cause.sentence()).isEqualTo(sentence);
        });
    }

    @Test
    void soundTopicAndNodeHaveNoCauses() {
        assertThat(explain(Pictures.soundPartition())).isEmpty();
        assertThat(explain(Pictures.node(answered()))).isEmpty();
    }

    @Test
    void partitionWithoutMajorityStandsStill() {
        var causes = explain(Pictures.partition(OptionalInt.empty(), Standing.SOUND, Standing.SILENT, Standing.LOST));

        assertOnly(
                causes,
                NO_MAJORITY,
                "partition orders-3 stands still: 1 of 3 replicas take part, a majority is 2: node 2 does not answer,"
                        + " node 3 has lost it");
        assertThat(causes.get(0).hint()).startsWith("start node 2 again");
        assertThat(causes.get(0).place().partition()).hasValue(3);
    }

    @Test
    void leaderThatStandsAloneHasNoMajorityEither() {
        assertThat(codes(explain(Pictures.partition(Standing.SOUND, Standing.MISSING, Standing.MISSING))))
                .containsExactly(NO_MAJORITY);
    }

    @Test
    void replicaThatJoinsHasNoVote() {
        assertThat(codes(explain(Pictures.partition(Standing.SOUND, Standing.JOINING))))
                .containsExactly(UNDER_REPLICATED);
    }

    @Test
    void partitionThatAwaitsItsElectionHasNoLeader() {
        assertOnly(
                explain(Pictures.partition(OptionalInt.empty(), Standing.SOUND, Standing.SOUND, Standing.SOUND)),
                NO_LEADER,
                "partition orders-3 has no leader: 3 of 3 replicas take part, so one is elected within seconds");
    }

    @Test
    void replicaThatIsNotSoundIsNamed() {
        assertOnly(
                explain(Pictures.partition(Standing.SOUND, Standing.SOUND, Standing.FAR_BEHIND)),
                UNDER_REPLICATED,
                "partition orders-3 has 2 of 3 replicas sound: node 3 is far behind, by 100 entries of the raft log");
        for (var standing : List.of(Standing.SILENT, Standing.MISSING, Standing.LOST, Standing.JOINING)) {
            assertThat(codes(explain(Pictures.partition(Standing.SOUND, Standing.SOUND, standing))))
                    .containsExactly(UNDER_REPLICATED);
        }
    }

    @Test
    void topicIsToldOfItsNodes() {
        var around = Pictures.around(
                Pictures.soundPartition(), Pictures.node(1, Level.FULL), Pictures.node(4, NodeState.DEAD));

        var causes = Explainer.topic(around);

        assertOnly(
                causes,
                DISK,
                "the data disk of node 1 has 500 bytes left, its floor is 1000: the node takes no batches, and its"
                        + " replicas fall behind");
        assertThat(causes.get(0).place()).isEqualTo(Cause.Place.node(1));
        assertThat(codes(Explainer.topic(Pictures.around(
                        Pictures.soundPartition(),
                        Pictures.node(2, NodeState.DEAD),
                        Pictures.node(3, NodeState.REPLACED)))))
                .containsExactly(NODE_DEAD, NODE_AWAY);
    }

    @Test
    void deadNodeIsToldWithTheFateOfItsReplicas() {
        var fate = Map.of(DeadReplicas.Standing.WAITING, 2, DeadReplicas.Standing.NO_MAJORITY, 1);

        assertOnly(
                explain(new NodePicture(3, NodeState.DEAD, List.of(), fate, Health.UNKNOWN)),
                NODE_DEAD,
                "node 3 is dead: it was not heard of for a while; of its replicas 2 wait for it, or for their turn to"
                        + " move, 1 stay, because their partitions have no majority");
    }

    @Test
    void nodeThatDoesNotAnswerIsTakenForDeadBeforeTheClusterDoes() {
        assertOnly(
                explain(Pictures.node(new Health(Answer.NONE, List.of(), List.of(), List.of()))),
                NODE_DEAD,
                "node 3 was heard of lately, and did not answer now");
    }

    @Test
    void nodeThatIsNotThereYetOrLeavesIsAway() {
        for (var state : List.of(NodeState.EXPECTED, NodeState.REPLACED, NodeState.DRAINING)) {
            assertThat(codes(explain(Pictures.node(3, state)))).containsExactly(NODE_AWAY);
        }
    }

    @Test
    void nodeThatIsNotReadySaysWhy() {
        assertOnly(
                explain(Pictures.node(answered(new Hindrance(Hindrance.Code.NOT_JOINED, "the node starts")))),
                NODE_NOT_READY,
                "node 3 is not ready (NOT_JOINED): the node starts");
    }

    @Test
    void replicasThatAreSetAsideLostOrJoiningAreNamed() {
        assertOnly(
                explain(Pictures.node(
                        answered(new Hindrance(Hindrance.Code.REPLICAS_SET_ASIDE, "1 of 2 replicas are set aside")))),
                UNDER_REPLICATED,
                "node 3: 1 of 2 replicas are set aside");
        assertOnly(
                explain(Pictures.node(
                        new Health(Answer.GIVEN, List.of(), List.of("orders-1", "orders-3"), List.of("orders-2")))),
                UNDER_REPLICATED,
                "node 3 has lost its 2 replicas of orders-1, orders-3, until the old membership has ended; it is being"
                        + " fed its replica of orders-2");
    }

    @Test
    void diskOfANodeIsTold() {
        assertThat(codes(explain(Pictures.node(3, Level.LOW)))).containsExactly(DISK);
    }

    @Test
    void missingMetadataLeaderIsToldOfEverySubject() {
        assertThat(codes(Explainer.topic(Pictures.leaderless()))).containsExactly(NO_METADATA_LEADER);
        assertThat(codes(Explainer.node(Pictures.node(answered()), Pictures.leaderless())))
                .containsExactly(NO_METADATA_LEADER);
    }
}
