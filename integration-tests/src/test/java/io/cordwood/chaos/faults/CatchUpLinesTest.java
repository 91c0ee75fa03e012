package io.cordwood.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.store.PartitionId;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CatchUpLinesTest {
    private static final PartitionId REPLICA = new PartitionId(new UUID(1, 2), 3);
    private static final String BEGUN = "INFO " + REPLICA + ": catches up with node 2: its raft log begins at 7\n";
    private static final String DONE = "INFO " + REPLICA + ": caught up to (t:1, i:9); 1 asked\n";
    private static final String METADATA =
            "INFO the metadata group: catches up with node 2: its raft log begins at 7\n";
    private static final String OTHER =
            BEGUN.replace(REPLICA.toString(), new PartitionId(new UUID(1, 2), 1).toString());

    @Test
    void onlyThePartitionsOwnLineSaysThatItCatchesUp() {
        assertThat(CatchUpLines.hasBegun(METADATA + OTHER, REPLICA)).isFalse();
        assertThat(CatchUpLines.isUnderWay(METADATA + OTHER, REPLICA)).isFalse();
        assertThat(CatchUpLines.hasBegun(METADATA + BEGUN, REPLICA)).isTrue();
        assertThat(CatchUpLines.isUnderWay(OTHER + BEGUN + METADATA, REPLICA)).isTrue();
    }

    @Test
    void whatIsDoneIsNotUnderWayUntilItBeginsAgain() {
        assertThat(CatchUpLines.hasBegun(BEGUN + DONE, REPLICA)).isTrue();
        assertThat(CatchUpLines.isUnderWay(BEGUN + DONE, REPLICA)).isFalse();
        assertThat(CatchUpLines.isUnderWay(BEGUN + DONE + BEGUN, REPLICA)).isTrue();
    }
}
