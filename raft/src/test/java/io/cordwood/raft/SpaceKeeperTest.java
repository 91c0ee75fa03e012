package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.raft.AppendOutcome.NoRoom;
import io.cordwood.raft.DiskSpace.Level;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SpaceKeeperTest {
    private static final List<Integer> THREE = List.of(1, 2, 3);

    private final AtomicLong nanos = new AtomicLong();
    private final SpaceReports reports = new SpaceReports(new NodeTransport(1, id -> Optional.empty()), nanos::get);

    private static NoRoom noRoom(int node) {
        return new NoRoom(node, "data", 5, 7);
    }

    private static byte[] report(NoRoom node) {
        return SpaceReports.encode(
                List.of(new NodeDisk(node.directory(), node.freeBytes(), node.floorBytes(), Level.LOW)));
    }

    private static IntFunction<Optional<NoRoom>> without(Integer... nodes) {
        return node -> List.of(nodes).contains(node) ? Optional.of(noRoom(node)) : Optional.empty();
    }

    private static @Nullable NoRoom refusal(List<Integer> voters, Integer... without) {
        return SpaceKeeper.refusal(null, voters, without(without), Set.of());
    }

    @Test
    void leaderWithoutRoomRefusesWhateverTheOthersHave() {
        assertThat(SpaceKeeper.refusal(noRoom(1), THREE, without(), Set.of())).isEqualTo(noRoom(1));
    }

    @Test
    void minorityWithoutRoomHoldsNobodyUp() {
        assertThat(refusal(THREE)).isNull();
        assertThat(refusal(THREE, 3)).isNull();
        assertThat(refusal(List.of(1, 2, 3, 4, 5), 2, 3)).isNull();
        assertThat(refusal(THREE, 7, 8)).as("of other partitions").isNull();
    }

    @Test
    void leaderRefusesWhereNoMajorityHasRoom() {
        assertThat(refusal(THREE, 2, 3)).isEqualTo(noRoom(2));
        assertThat(refusal(List.of(1, 2), 2)).isEqualTo(noRoom(2));
        assertThat(refusal(List.of(1, 2, 3, 4), 3, 4)).isEqualTo(noRoom(3));
    }

    @Test
    void voterThatIsSilentHasNoRoomEither() {
        assertThat(SpaceKeeper.refusal(null, THREE, without(2), Set.of(3))).isEqualTo(noRoom(2));
        assertThat(SpaceKeeper.refusal(null, THREE, without(2), Set.of(2)))
                .as("one and the same")
                .isNull();
        assertThat(SpaceKeeper.refusal(null, List.of(1, 2, 3, 4, 5), without(2), Set.of(3)))
                .as("three are left")
                .isNull();
        assertThat(SpaceKeeper.refusal(null, THREE, without(), Set.of(2, 3)))
                .as("an election's business")
                .isNull();
    }

    @Test
    void reportCountsUntilItIsTakenBackOrNobodyRepeatsIt() {
        reports.heard(2, report(noRoom(2)));
        assertThat(reports.of(2)).contains(noRoom(2));
        assertThat(reports.hasRoom(2)).isFalse();
        assertThat(reports.hasRoom(3)).isTrue();

        reports.heard(2, SpaceReports.encode(List.of()));
        assertThat(reports.hasRoom(2)).isTrue();

        reports.heard(2, report(noRoom(2)));
        nanos.addAndGet(SpaceReports.VALID.toNanos());
        assertThat(reports.hasRoom(2)).isFalse();
        nanos.incrementAndGet();
        assertThat(reports.hasRoom(2)).isTrue();
    }

    @Test
    void disksOfANodeThatHasRoomAreShownForAWhile() {
        var disks = List.of(new NodeDisk("data", 9, 7, Level.ROOM), new NodeDisk("raft", 3L << 40, 7, Level.ROOM));

        reports.heard(2, SpaceReports.encode(disks));

        assertThat(reports.hasRoom(2)).isTrue();
        assertThat(reports.isAnyWithoutRoom()).isFalse();
        assertThat(reports.disks(2)).isEqualTo(disks);
        assertThat(reports.disks(3)).isEmpty();
        nanos.addAndGet(SpaceReports.SHOWN.toNanos() + 1);
        assertThat(reports.disks(2)).isEmpty();
    }

    @Test
    void fullerDiskIsTheReason() {
        var low = new NodeDisk("data", 5, 7, Level.LOW);
        var full = new NodeDisk("raft", 2, 7, Level.FULL);

        reports.heard(2, SpaceReports.encode(List.of(low, full)));

        assertThat(reports.of(2)).contains(new NoRoom(2, "raft", 2, 7));
        assertThat(reports.disks(2)).containsExactly(low, full);
    }

    @Test
    void reportThatDoesNotParseIsOfANewerProgram() {
        assertThatThrownBy(() -> reports.heard(2, new byte[] {-1, -1})).isInstanceOf(NewerFormatException.class);
    }
}
