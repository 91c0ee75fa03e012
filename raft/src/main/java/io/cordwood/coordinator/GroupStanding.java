package io.cordwood.coordinator;

import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.PartitionId;
import java.util.List;

/**
 * What only the metadata leader knows of a group, because it is in memory alone: whom it heard when, what
 * members say that they do, who lost which partitions against its will lately, and where those had stopped
 * that have gone.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param members those that have a session which does not end
 * @param fenced of each partition the newest
 * @param left of each partition the newest
 */
public record GroupStanding(List<Member> members, List<Fenced> fenced, List<Left> left) {

    public GroupStanding {
        members = List.copyOf(members);
        fenced = List.copyOf(fenced);
        left = List.copyOf(left);
    }

    /**
     * A member as it was heard.
     *
     * @param presentMillis since it joined, or since this leader began
     * @param silentMillis since it was heard last, or since this leader began where it was not
     * @param connected whether it has a stream
     * @param held as of its newest ping, in partitions that are still its own
     */
    public record Member(
            String memberId, long presentMillis, long silentMillis, boolean connected, List<MemberProgress> held) {
        public Member {
            held = List.copyOf(held);
        }
    }

    /**
     * A member may not commit because the partition is not its own any more.
     *
     * @param reason of the refusal
     * @param expired its session ended while the partition was its own, and no commit of it was refused
     *     there since
     */
    public record Fenced(PartitionId partition, String memberId, GroupReason reason, boolean expired, long agoMillis) {}

    /**
     * A member that had stopped in a partition of its own and is none any more; nothing was committed or reset there
     * since.
     *
     * @param memberName what the application called itself; may be empty
     * @param host it ran on; may be empty
     * @param progress with its stop
     */
    public record Left(String memberId, String memberName, String host, MemberProgress progress, long agoMillis) {
        public Left {
            if (progress.stop().isEmpty()) {
                throw new IllegalArgumentException(
                        "member " + memberId + " has not stopped in " + progress.partition());
            }
        }
    }
}
