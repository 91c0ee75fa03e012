package io.cordwood.server.explain;

import io.cordwood.coordinator.MemberProgress;
import io.cordwood.metadata.TrimmedOffsets;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A consumer group, or a part of its work, as the metadata and its leader tell of it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param emptyFor how long it has had no member; empty where it has some
 * @param members by their ids
 * @param work the partitions that are asked about
 */
public record GroupPicture(
        String name, Optional<Duration> emptyFor, Settings settings, Map<String, Member> members, List<Work> work) {

    public GroupPicture {
        members = Map.copyOf(members);
        work = List.copyOf(work);
    }

    /** What the group is asked to do. */
    public record Settings(Duration sessionTimeout, TrimmedOffsets trimmedOffsets) {}

    /**
     * A member.
     *
     * @param name what the application calls itself; may be empty
     * @param host it runs on; may be empty
     * @param silent since when it was not heard; empty where that is not known
     */
    public record Member(String memberId, String name, String host, Optional<Duration> silent) {
        String text() {
            var called = name.isEmpty() ? memberId : name;
            return "member " + Words.quoted(called) + (host.isEmpty() ? "" : " (host " + host + ")");
        }
    }

    /**
     * A partition of the group.
     *
     * @param assignment who has it, and who shall
     * @param committed offset of the next record; empty where nothing is
     * @param lag empty where it could not be measured
     * @param told what is known of its owner and of others who want to commit in it
     */
    public record Work(
            TopicPartition partition,
            Assignment assignment,
            OptionalLong committed,
            Optional<LagPicture> lag,
            Told told) {

        /** Whether there is something to process, as far as that is known. */
        boolean waits() {
            return lag.isEmpty() || lag.get().records() > 0;
        }
    }

    /**
     * Who may process a partition.
     *
     * @param owner member id; empty where nobody may
     * @param revoked the owner was asked to give it up, and has not yet
     * @param target id of the member that shall have it; empty where nobody wants it
     */
    public record Assignment(String owner, boolean revoked, String target) {
        /** Nobody has it, and nobody shall. */
        public static final Assignment NONE = new Assignment("", false, "");
    }

    /**
     * What members said.
     *
     * @param progress of the owner, where it does not just read on
     * @param fenced the newest commit that was refused there lately
     */
    public record Told(Optional<MemberProgress> progress, Optional<Fenced> fenced) {
        /** Where nothing is known. */
        public static final Told NOTHING = new Told(Optional.empty(), Optional.empty());
    }

    /**
     * A commit that was refused because the partition was not the member's own any more.
     *
     * @param reason as the member was told it
     */
    public record Fenced(String memberId, Reason reason, Duration ago) {}
}
