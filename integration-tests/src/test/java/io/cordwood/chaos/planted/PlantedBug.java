package io.cordwood.chaos.planted;

import io.cordwood.chaos.planted.FaultProfile.Workload;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What can be wrong with a log that looks sound. Each bug changes one method of a server, or of a client, at
 * the load of its class, and is nowhere in what is shipped. {@link PlantedAgent} plants it.
 *
 * <p>This class is loaded in servers and members: it names classes of theirs by text only, so that it loads none of them
 * too early.
 *
 * <p><b>Thread:</b> immutable.
 */
@SuppressWarnings("ImmutableEnumChecker") // the sets and lists are those that cannot be changed
public enum PlantedBug {
    /**
     * A force of a segment file returns, and nothing was forced: what is acknowledged is in the page cache of a
     * majority.
     *
     * <p>Right without it: Ratis counts an entry as held by a node only behind the force of the segment and that
     * of its raft log, so an acknowledged record is on the disks of a majority. The end of a process leaves the
     * page cache alone; only a loss of power of all nodes shows the difference.
     *
     * <p>What a checker sees: headers are in the raft logs and below the durable floor, and their bytes are
     * gone. The start finds that, sets aside the replica on each node and serves nothing wrong. So acknowledged
     * records cannot be read any more, and the partition takes no others.
     *
     * <p>Profile: appends through the page cache, as direct ones need no force for their bytes, and small ones.
     * The kernel writes pages by itself when they are some thirty seconds old, so what was acknowledged just
     * before is lost.
     */
    ACK_BEFORE_FORCE(
            "ack-before-force",
            new Seam("io.cordwood.store.NioDisk$NioFile", "force", "()V"),
            Set.of("lost-write", "lost-to-power-loss"),
            new FaultProfile(
                    List.of(PlantedFault.POWER_LOSS_OF_ALL),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(8),
                    new Workload(4, 4, 1, 200, 500, 2),
                    List.of("--log.direct-writes=false"))),

    /**
     * Readers get what is in the files, up to the log end offset, and not up to the high watermark.
     *
     * <p>Right without it: what lies above the high watermark may still lose against the entries of another
     * leader. Whoever has read it has read what never was.
     *
     * <p>What a checker sees: after a change of leader the offset has another record, or none; the end offset
     * that a node told falls; a reader stands beyond the end and is sent back.
     *
     * <p>Profile: a node that is cut off from the others writes up to 64 entries more where it leads, and its
     * readers take them. More partitions than nodes, so that each node leads some. Several producers, because a
     * single one would send the same records again in the same order, at the same offsets.
     */
    READ_PAST_HIGH_WATERMARK(
            "read-past-high-watermark",
            new Seam("io.cordwood.raft.PartitionReplica", "highWatermark", "()J"),
            Set.of("reader-continuity", "inconsistent-offset", "linearizable-ends"),
            new FaultProfile(
                    List.of(PlantedFault.ISOLATE_LEADER),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    new Workload(6, 8, 1, 100, 1_000, 6),
                    List.of("--appender.max-in-flight=64"))),

    /**
     * A checkpoint does not say what is known of producers, be it for a restart or for another replica that
     * fetches it.
     *
     * <p>Right without it: a leader knows the last batches of each producer from the checkpoint and the entries
     * behind it, so a batch that comes again is answered with its offset, whatever happened in between.
     *
     * <p>What a checker sees: a producer whose newest batch is covered by the checkpoint is not known to the
     * next leader, which takes any number as its first: a batch whose answer was lost is there twice.
     *
     * <p>Profile: what nodes answer does not arrive, so all that they take meanwhile will be sent again. A
     * checkpoint covers these batches one second later or two; then all nodes are killed, because one that goes
     * on has the producers in memory. The newest entry of the log is never in a checkpoint that a node takes
     * itself, hence several producers.
     */
    PRODUCERS_MISSING_FROM_CHECKPOINT(
            "producers-missing-from-checkpoint",
            new Seam("io.cordwood.partition.PartitionState", "checkpoint", "()Lio/cordwood/store/Checkpoint;"),
            Set.of("duplicate"),
            new FaultProfile(
                    List.of(PlantedFault.CUT_ANSWERS, PlantedFault.KILL_ALL),
                    Duration.ofSeconds(6),
                    Duration.ofSeconds(5),
                    new Workload(4, 8, 1, 100, 400, 2),
                    List.of("--raft.checkpoint-interval=1s", "--raft.checkpoint-bytes=64KiB"))),

    /**
     * A replica that has bytes at the offsets of an entry takes them for those of the entry, and writes only
     * what lies behind them. It looks at places and sizes, not at leader epochs and contents.
     *
     * <p>Right without it: when Ratis truncates the raft log, the bytes of the truncated entries stay until the
     * next entry says where it belongs; then they are cut, durably, before the new ones are written.
     *
     * <p>What a checker sees: raft logs agree and high watermarks go on, but the deposed leader has records of
     * its own that were never acknowledged where the others have acknowledged ones: its file differs, its
     * readers get them, and if it leads again all readers do.
     *
     * <p>Profile: a node is cut off for longer than an election takes, and comes back before raft logs are
     * purged. Nothing is restarted: a start compares the newest bytes with the headers of the raft log, sets
     * such a replica aside and has it fetched anew. Nothing is sealed and compared by the scrub, which would
     * repair it. Records of one size, sent alone, so that places and sizes agree.
     */
    TAIL_KEPT_OVER_TERM_CHANGE(
            "tail-kept-over-term-change",
            new Seam("io.cordwood.store.PartitionLog", "append", "(JJLjava/nio/ByteBuffer;Z)V"),
            Set.of("replica-identity", "inconsistent-offset", "reader-continuity", "lost-write"),
            new FaultProfile(
                    List.of(PlantedFault.ISOLATE_LEADER),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    new Workload(6, 8, 1, 100, 1_000, 6),
                    List.of(
                            "--appender.max-in-flight=64",
                            "--log.segment-max-bytes=1GiB",
                            "--raft.preserved-entries=1000000",
                            "--scrub.interval=7d"))),

    /**
     * A replica that catches up by fetching asks itself, not its source, what the source has: it takes the end
     * of its own files for the high watermark, cuts there, which is nowhere, and keeps what it has below.
     *
     * <p>Right without it: a replica compares its batches with those of its source, from its high watermark on,
     * and cuts at the first one that differs. Its high watermark covers only what was applied, and is the same
     * in every history.
     *
     * <p>Kafka cut at a replica's own high watermark until KIP-101. That lost records: those that it had
     * acknowledged and that nobody had told it to be committed; and it let logs diverge: where its high
     * watermark covered what was lost with the other replicas, it kept that and went on behind it. Here the
     * first half harms nobody alone: the raft log still has the headers, so a replica that cut too much fetches
     * the bytes once more, and until then it rather stops than serves without them. The second half is what is
     * planted.
     *
     * <p>What a checker sees: the same as of {@link #TAIL_KEPT_OVER_TERM_CHANGE}. Where batches of both sides do
     * not join, the replica asks again for ever, and is behind when all others have come to rest.
     *
     * <p>Profile: a node is cut off until the others have purged all that it could be fed with. Segments are
     * large: where a file begins elsewhere the replica would cut for that, and the scrub compares sealed ones.
     * Records of one size, sent alone, so that what is kept joins what is fetched.
     */
    CATCH_UP_CUTS_AT_OWN_HIGH_WATERMARK(
            "catch-up-cuts-at-own-high-watermark",
            new Seam("io.cordwood.raft.ReplicaCatchUp$Round", "sourcePrints", "(JJ)Ljava/util/List;"),
            Set.of("replica-identity", "inconsistent-offset", "reader-continuity", "lost-write"),
            new FaultProfile(
                    List.of(PlantedFault.ISOLATE_LEADER),
                    Duration.ofSeconds(12),
                    Duration.ofSeconds(5),
                    new Workload(6, 8, 1, 100, 1_000, 6),
                    List.of(
                            "--appender.max-in-flight=64",
                            "--log.segment-max-bytes=1GiB",
                            "--scrub.interval=7d",
                            "--raft.checkpoint-bytes=64KiB",
                            "--raft.checkpoint-interval=1s",
                            "--raft.segment-max-bytes=4KiB",
                            "--raft.preserved-entries=0"))),

    /**
     * The rule that says whose commits are taken lets all of them pass.
     *
     * <p>Right without it: a partition knows its owner and the epoch since which it is that one's, and takes commits
     * of nobody else and of no earlier epoch.
     *
     * <p>What a checker sees: a member that has given a partition up commits in it once more, and is told that it is
     * committed, though its successor had been told before that the partition is its own.
     *
     * <p>Profile: none but what befalls groups in every run; members that come have others give partitions up. The
     * coordinator knows by itself that a member whose session is over is none any more, so it is not such zombies that
     * get through.
     */
    COMMITS_OF_ANYBODY(
            "commits-of-anybody",
            new Seam(
                    "io.cordwood.metadata.CommitRules",
                    "checkMember",
                    "(Lio/cordwood/metadata/GroupCommand$Commit;Lio/cordwood/metadata/PartitionId;"
                            + "Lio/cordwood/metadata/GroupMembership;)Ljava/util/Optional;"),
            Set.of("zombie-commit"),
            FaultProfile.OF_GROUPS),

    /**
     * The rule that says whose commits are taken asks whose a partition is, and not since when.
     *
     * <p>Right without it: a member that has given a partition up and was given it again commits in it only from
     * its new epoch on. What it says under an older one it knows from before others had the partition.
     *
     * <p>What a checker sees: a member to which a partition has come back commits once more under its epoch from
     * before, and is told that it is committed.
     *
     * <p>Profile: as of {@link #COMMITS_OF_ANYBODY}; partitions come back when members go.
     */
    COMMITS_OF_ANY_EPOCH(
            "commits-of-any-epoch",
            new Seam(
                    "io.cordwood.metadata.CommitRules",
                    "checkMember",
                    "(Lio/cordwood/metadata/GroupCommand$Commit;Lio/cordwood/metadata/PartitionId;"
                            + "Lio/cordwood/metadata/GroupMembership;)Ljava/util/Optional;"),
            Set.of("zombie-commit"),
            FaultProfile.OF_GROUPS),

    /**
     * A member of a group commits all that it has taken, also what its application has not had yet.
     *
     * <p>Right without it: only what is done without a gap is committed.
     *
     * <p>What a checker sees: offsets that are committed before the records below them were processed; where the member
     * is killed then, some that nobody ever processes.
     *
     * <p>Profile: as of {@link #COMMITS_OF_ANYBODY}. It is the members that have the bug; the servers are sound.
     */
    COMMIT_BEFORE_PROCESSING(
            "commit-before-processing",
            new Seam("io.cordwood.client.ProgressTracker", "committable", "()J"),
            Set.of("early-commit", "unprocessed"),
            FaultProfile.OF_GROUPS);

    private final String optionName;
    private final Seam seam;
    private final Set<String> caughtBy;
    private final FaultProfile profile;

    PlantedBug(String optionName, Seam seam, Set<String> caughtBy, FaultProfile profile) {
        this.optionName = optionName;
        this.seam = seam;
        this.caughtBy = caughtBy;
        this.profile = profile;
    }

    /** @throws IllegalArgumentException where there is none of this name; it says which there are */
    public static PlantedBug named(String optionName) {
        return Arrays.stream(values())
                .filter(bug -> bug.optionName.equals(optionName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no bug to plant is named \"" + optionName
                        + "\", only "
                        + Arrays.stream(values()).map(PlantedBug::optionName).collect(Collectors.joining(", "))));
    }

    /** Its name on a command line. */
    public String optionName() {
        return optionName;
    }

    Seam seam() {
        return seam;
    }

    /** Whether members of groups have it, and no server. */
    public boolean isOfMembers() {
        return seam.className().startsWith("io.cordwood.client.");
    }

    /**
     * Names of checkers. A run finds the bug when one of them finds a violation; that they are silent where the
     * same faults befall servers without it shows a run that has only the profile.
     */
    public Set<String> caughtBy() {
        return caughtBy;
    }

    /** What makes it show. */
    public FaultProfile profile() {
        return profile;
    }

    @Override
    public String toString() {
        return optionName;
    }
}
