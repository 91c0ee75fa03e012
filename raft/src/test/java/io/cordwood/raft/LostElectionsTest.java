package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.ratis.protocol.RaftGroupId;
import org.junit.jupiter.api.Test;

class LostElectionsTest {
    private final RaftGroupId group = RaftGroupId.randomId();
    private final Map<RaftGroupId, Long> candidates = new HashMap<>();
    private final List<String> halts = new ArrayList<>();
    private boolean lacksRoom;
    private boolean full;
    private long nanos;
    private final LostElections elections = new LostElections(
            () -> Map.copyOf(candidates), () -> lacksRoom, () -> full, new RecordedHalts(halts), () -> nanos);

    private void look(boolean nowLacksRoom, long passedNanos) {
        lacksRoom = nowLacksRoom;
        full = nowLacksRoom;
        nanos += passedNanos;
        elections.look();
    }

    @Test
    void candidateOfAFullDiskThatDoesNotTryAgainEndsTheNodeWhenThereIsRoom() {
        candidates.put(group, 3L);
        look(true, 0);
        look(true, 2 * LostElections.PATIENCE.toNanos());
        look(false, LostElections.PATIENCE.toNanos());
        assertThat(halts).isEmpty();

        look(false, 1);

        assertThat(halts).singleElement().asString().contains(group.toString());
    }

    @Test
    void nodeIsNotEndedOnADiskOnWhichAStartMightFail() {
        candidates.put(group, 3L);
        look(true, 0);
        lacksRoom = false;
        nanos += 2 * LostElections.PATIENCE.toNanos();
        elections.look();
        look(false, LostElections.PATIENCE.toNanos());
        assertThat(halts).isEmpty();

        look(false, 1);

        assertThat(halts).hasSize(1);
    }

    @Test
    void candidateOfAFullDiskOnWhichVotesHaveRoomIsNobodysBusiness() {
        candidates.put(group, 3L);
        full = true;
        elections.look();

        look(false, 2 * LostElections.PATIENCE.toNanos());
        look(false, 2 * LostElections.PATIENCE.toNanos());

        assertThat(halts).isEmpty();
    }

    @Test
    void candidateThatTriesAgainOrFollowsDoesNot() {
        var other = RaftGroupId.randomId();
        candidates.putAll(Map.of(group, 3L, other, 3L));
        look(true, 0);
        candidates.put(group, 4L);
        candidates.remove(other);
        look(false, 1);
        candidates.put(other, 3L);

        look(false, 2 * LostElections.PATIENCE.toNanos());

        assertThat(halts).isEmpty();
    }

    @Test
    void candidateWhileThereIsRoomIsNobodysBusiness() {
        candidates.put(group, 3L);
        look(false, 0);
        look(false, 2 * LostElections.PATIENCE.toNanos());

        assertThat(halts).isEmpty();
    }
}
