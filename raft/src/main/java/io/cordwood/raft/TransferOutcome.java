package io.cordwood.raft;

import java.util.List;

/** What became of a wish to have another replica lead. */
public sealed interface TransferOutcome {
    /** The node leads, and the placement prefers it from now on. */
    record Done() implements TransferOutcome {}

    /** This node does not lead the partition: ask its leader. Nothing was done. */
    record NotLeader() implements TransferOutcome {}

    /** The node holds no replica. Nothing was done. */
    record NotReplica(List<Integer> replicas) implements TransferOutcome {
        public NotReplica {
            replicas = List.copyOf(replicas);
        }
    }

    /** The replica has not answered for so long. Nothing was done. */
    record Silent(long forMs, long limitMs) implements TransferOutcome {}

    /** The replica lacks so many of the leader's raft entries; while it took over nobody could publish. Nothing was done. */
    record Behind(long entries, long limit) implements TransferOutcome {}

    /** The node would refuse batches, and hand over again. Nothing was done. */
    record NoRoom(AppendOutcome.NoRoom disk) implements TransferOutcome {}

    /** The replica did not take over; the placement prefers the one it preferred before. */
    record Failed(String reason) implements TransferOutcome {}
}
