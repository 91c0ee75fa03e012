package io.cordwood.raft;

import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.statemachine.StateMachine;

/** The partition side of a node: makes the state machine of each partition group that Ratis opens. */
interface PartitionHost {

    /**
     * Called once for each opening of a group, on Ratis' group management thread, before the RaftServer exists at a
     * start. The state machine learns its server from {@code initialize}.
     */
    StateMachine create(RaftGroupId groupId, GroupPlacement placement);

    /** Called after Ratis closed the group and its raft log is gone; the partition's own data goes to the trash now. */
    void removed(RaftGroupId groupId, GroupPlacement placement);
}
