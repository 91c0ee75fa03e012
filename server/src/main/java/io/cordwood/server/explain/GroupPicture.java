package io.cordwood.server.explain;

import io.cordwood.coordinator.MemberProgress;
import io.cordwood.metadata.TrimmedOffsets;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A consumer group, or a part of its work, as the metadata and its leader tell of it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param emptyFor how long it has had no member; empty where it has some
 * @param trimmedOffsets what members do where the next record was trimmed
 * @param members by their ids
 * @param work the partitions that are asked about
 */
public record GroupPicture(
        String name,
        Optional<Duration> emptyFor,
        TrimmedOffsets trimmedOffsets,
        Map<String, Member> members,
        List<Work> work) {

    public GroupPicture {
        members = Map.copyOf(members);
        work = List.copyOf(work);
    }

    /**
     * A member.
     *
     * @param name what the application calls itself; may be empty
     * @param host it runs on; may be empty
     * @param session after so long a silence it is a member no more; each has its own
     * @param heard empty where that is not known
     */
    public record Member(String memberId, String name, String host, Duration session, Optional<Heard> heard) {
        /**
         * A member that was silent for this part of its session is told of. It pings four times in a
         * session, so by then it missed one at least, and its partitions are still its own.
         */
        private static final int SILENT_PART_OF_SESSION = 2;

        boolean isSilent() {
            return silence().compareTo(session.dividedBy(SILENT_PART_OF_SESSION)) >= 0;
        }

        Duration silence() {
            return heard.map(Heard::silent).orElse(Duration.ZERO);
        }

        String text() {
            return Words.member(memberId, name, host);
        }
    }

    /**
     * A member as the metadata leader hears it.
     *
     * @param present since it joined, or since that leader began
     * @param silent since when it was not heard
     */
    public record Heard(Duration present, Duration silent) {}

    /**
     * A partition of the group.
     *
     * @param assignment who has it, and who shall
     * @param committed empty where nothing is
     * @param lag empty where it could not be measured
     * @param told what is known of its owner and of others who want to commit in it
     */
    public record Work(
            TopicPartition partition,
            Assignment assignment,
            Optional<Committed> committed,
            Optional<LagPicture> lag,
            Told told) {

        /** Whether there is something to process, as far as that is known. */
        boolean waits() {
            return lag.isEmpty() || lag.get().records() > 0;
        }
    }

    /**
     * How far the group has come.
     *
     * @param offset of the next record
     * @param ago since it was committed, or reset
     */
    public record Committed(long offset, Duration ago) {}

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
     * @param fenced who may not commit there any more, as of lately
     * @param left who had stopped there and went, as of lately
     */
    public record Told(Optional<MemberProgress> progress, Optional<Fenced> fenced, Optional<Left> left) {
        /** Where nothing is known. */
        public static final Told NOTHING = new Told(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * A member that may not commit in a partition because it is not its own any more.
     *
     * @param reason as the member was told it
     * @param expired its session ended, and no commit of it was refused since
     */
    public record Fenced(String memberId, Reason reason, boolean expired, Duration ago) {}

    /**
     * A member that is none any more.
     *
     * @param name what the application called itself; may be empty
     * @param host it ran on; may be empty
     * @param offset at which it had stopped
     * @param stop why
     */
    public record Left(String memberId, String name, String host, long offset, MemberProgress.Stop stop, Duration ago) {
        String text() {
            return Words.member(memberId, name, host);
        }
    }
}
