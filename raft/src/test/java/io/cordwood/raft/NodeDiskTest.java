package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.DiskSpace.Level;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeDiskTest {
    private static final NodeDisk EMPTY = new NodeDisk("data", 1 << 20, 7, Level.ROOM);

    @Test
    void whoIsGivenReplicasOfDeadNodesHasAsMuchAgainAsItsFloor() {
        assertThat(haveRoomForMore(new NodeDisk("raft", 14, 7, Level.ROOM))).isTrue();
        assertThat(haveRoomForMore(new NodeDisk("raft", 13, 7, Level.ROOM))).isFalse();
    }

    @Test
    void batchesAreTakenDownToTheFloor() {
        assertThat(NodeDisk.noRoom(2, List.of(new NodeDisk("raft", 8, 7, Level.ROOM))))
                .isEmpty();
    }

    @Test
    void whoTakesNoBatchesIsGivenNothing() {
        assertThat(haveRoomForMore(new NodeDisk("raft", 1 << 20, 7, Level.LOW))).isFalse();
    }

    /** A node of an older program says nothing of its disks. */
    @Test
    void whoseDisksAreNotKnownHasRoom() {
        assertThat(NodeDisk.haveRoomForMore(List.of())).isTrue();
    }

    private static boolean haveRoomForMore(NodeDisk disk) {
        return NodeDisk.haveRoomForMore(List.of(EMPTY, disk));
    }
}
