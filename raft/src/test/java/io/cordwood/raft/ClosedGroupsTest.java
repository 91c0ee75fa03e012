package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.metadata.ReplicaChange.Kind;
import io.cordwood.metadata.ReplicaChanges;
import io.cordwood.metadata.TopicInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClosedGroupsTest {
    private static final int SELF = 3;
    private static final int OTHER = 4;
    private static final UUID GROUP = UUID.randomUUID();

    private final List<String> halts = new ArrayList<>();
    private final ClosedGroups closed = new ClosedGroups(SELF, new RecordedHalts(halts));

    @BeforeEach
    void close() {
        closed.add(GROUP);
    }

    private void judge(Map<Integer, ReplicaChange> changes, boolean isOutlived) {
        var partition = new PartitionInfo(
                0,
                GROUP,
                0,
                List.of(1, 2, SELF, OTHER),
                OptionalInt.of(1),
                1,
                new ReplicaChanges(new TreeMap<>(changes), 100));
        var topic = new TopicInfo("orders", UUID.randomUUID(), new TreeMap<>(), List.of(partition));
        closed.judge(closed.all(), Map.of(GROUP, new MetadataImage.Replica(topic, partition)), replica -> isOutlived);
    }

    private static ReplicaChange change(Kind kind, long since) {
        return new ReplicaChange(kind, since);
    }

    @Test
    void soundReplicaEndsTheNodeAtOnce() {
        judge(Map.of(), false);

        assertThat(halts).singleElement().asString().startsWith("Ratis closed the group of topic orders partition 0");
    }

    @Test
    void replicaThatAwaitsItsSuccessorIsAsSoundAsAny() {
        judge(Map.of(SELF, change(Kind.LEAVING, 7), OTHER, change(Kind.JOINING, 7)), false);

        assertThat(halts).hasSize(1);
    }

    @Test
    void replicaThatJoinsEndsTheNodeUnlessItIsOfAnEarlierMembership() {
        judge(Map.of(SELF, change(Kind.JOINING, 7)), true);
        assertThat(halts).isEmpty();

        judge(Map.of(SELF, change(Kind.JOINING, 7)), false);
        assertThat(halts).hasSize(1);
    }

    /** The partition may have no leader that could say that it is gone. */
    @Test
    void replicaThatLeavesOrIsLostNeverEndsTheNode() {
        for (int look = 0; look < 3; look++) {
            judge(Map.of(SELF, change(Kind.LEAVING, 7)), false);
            judge(Map.of(SELF, change(Kind.LEAVING, 7), OTHER, change(Kind.JOINING, 9)), false);
            judge(Map.of(SELF, change(Kind.LOST, 7)), false);
        }

        assertThat(halts).isEmpty();
        assertThat(closed.all()).as("looked at again").containsExactly(GROUP);
    }

    @Test
    void replicaThatIsToStayAfterAllEndsTheNodeThen() {
        judge(Map.of(SELF, change(Kind.LEAVING, 7)), false);
        judge(Map.of(), false);

        assertThat(halts).hasSize(1);
    }

    @Test
    void metadataThatDoesNotAnswerEndsNoNode() {
        for (int look = 0; look < 3; look++) {
            closed.noImage(closed.all());
        }
        assertThat(halts).isEmpty();

        judge(Map.of(SELF, change(Kind.LEAVING, 7)), false);
        assertThat(halts).isEmpty();
    }

    /** An image from before it closed may have it sound still. */
    @Test
    void whatClosedAfterTheImageWasAskedForIsNotJudgedByIt() {
        closed.judge(Set.of(), Map.of(), replica -> false);

        assertThat(halts).isEmpty();
        assertThat(closed.all()).containsExactly(GROUP);
    }

    @Test
    void whatIsNotToBeHereOrIsRemovedIsForgotten() {
        closed.judge(closed.all(), Map.of(), replica -> false);
        assertThat(closed.all()).isEmpty();

        closed.add(GROUP);
        closed.removed(GROUP);
        judge(Map.of(), false);
        assertThat(halts).isEmpty();
    }
}
