package io.cordwood.server.explain;

import io.cordwood.coordinator.MemberProgress;
import io.cordwood.server.explain.Cause.Place;
import io.cordwood.server.explain.GroupPicture.Committed;
import io.cordwood.server.explain.GroupPicture.Fenced;
import io.cordwood.server.explain.GroupPicture.Left;
import io.cordwood.server.explain.GroupPicture.Member;
import io.cordwood.server.explain.GroupPicture.Work;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What holds a group back in one partition: what its owner says of it, and what its figures say.
 *
 * <p><b>Thread:</b> immutable.
 */
final class WorkCauses {
    /**
     * A record that is with the application for longer is slow. Most take milliseconds; whoever has ones
     * that take minutes still wants to be told that it is them, and which.
     */
    static final Duration SLOW_HANDLER = Duration.ofSeconds(10);

    /**
     * The rates are those of about a minute: a group that is not behind by more may have caught up
     * meanwhile.
     */
    static final Duration TOO_SLOW_AGE = Duration.ofMinutes(1);

    /** A member is given that much time for its first commit, and the group for the next one. */
    static final Duration STANDS_STILL = Duration.ofMinutes(1);

    /** A group that commits this part of what is appended keeps up, as far as rates of a minute tell. */
    static final double KEEPS_UP = 0.9;

    /** What retention removes later than that can wait for somebody who looks at it tomorrow. */
    static final Duration RETENTION_NEAR = Duration.ofDays(1);

    private final GroupPicture group;

    WorkCauses(GroupPicture group) {
        this.group = group;
    }

    Stream<Cause> of(Work work) {
        var blocking = blocking(work);
        return Stream.of(
                        blocking.stream(),
                        (blocking.isEmpty() ? standsStill(work) : Optional.<Cause>empty()).stream(),
                        work.told().left().flatMap(left -> left(work, left)).stream(),
                        work.told().fenced().map(fenced -> fenced(work, fenced)).stream(),
                        work.lag().flatMap(lag -> retentionNear(work, lag)).stream())
                .flatMap(causes -> causes);
    }

    /** Why the group does not go on there as it should. */
    private List<Cause> blocking(Work work) {
        var told = work.told();
        return Stream.of(
                        told.progress().filter(MemberProgress::paused).flatMap(progress -> paused(work)),
                        told.progress().filter(MemberProgress::full).flatMap(progress -> full(work, progress)),
                        told.progress().flatMap(progress -> slow(work, progress)),
                        told.progress().flatMap(progress -> failing(work, progress)),
                        told.progress().flatMap(progress -> stopped(work, progress)),
                        outOfRange(work),
                        moving(work),
                        work.lag().flatMap(lag -> tooSlow(work, lag)))
                .flatMap(Optional::stream)
                .toList();
    }

    private static String in(Work work) {
        return "partition " + work.partition() + ": ";
    }

    private String owner(Work work) {
        return member(work.assignment().owner());
    }

    private String member(String memberId) {
        var known = group.members().get(memberId);
        return known == null ? "member " + Words.quoted(memberId) : known.text();
    }

    private static Cause ofOwner(CauseCode code, Work work, String sentence, String hint) {
        return new Cause(
                code,
                in(work) + sentence,
                hint,
                Place.of(work.partition(), work.assignment().owner()));
    }

    private Optional<Cause> paused(Work work) {
        return work.waits()
                ? Optional.of(ofOwner(
                        CauseCode.PAUSED,
                        work,
                        owner(work) + " has paused it" + waiting(work),
                        "the application resumes it"))
                : Optional.empty();
    }

    private static String waiting(Work work) {
        return work.lag()
                .map(lag -> ", and " + Words.count(lag.records(), "record") + (lag.records() == 1 ? " waits" : " wait"))
                .orElse("");
    }

    private Optional<Cause> full(Work work, MemberProgress progress) {
        return work.waits()
                ? Optional.of(ofOwner(
                        CauseCode.NO_CREDITS,
                        work,
                        owner(work) + " asks for no more: what it read ahead from offset " + progress.offset()
                                + " on fills its bounds and is not processed",
                        "the handler is the bottleneck: make it faster, or add members or concurrency"))
                : Optional.empty();
    }

    private Optional<Cause> slow(Work work, MemberProgress progress) {
        return progress.processing()
                .filter(age -> age.compareTo(SLOW_HANDLER) >= 0 && work.waits())
                .map(age -> ofOwner(
                        CauseCode.SLOW_HANDLER,
                        work,
                        owner(work) + " has handled the record at offset " + progress.offset() + " for "
                                + Words.of(age),
                        "look at what the handler waits for; where it just takes long, let it handle other keys"
                                + " meanwhile"));
    }

    private Optional<Cause> failing(Work work, MemberProgress progress) {
        return progress.failedAttempts() == 0 || progress.stop().isPresent()
                ? Optional.empty()
                : Optional.of(ofOwner(
                        CauseCode.FAILING_RECORD,
                        work,
                        "the record at offset " + progress.offset() + " failed "
                                + Words.count(progress.failedAttempts(), "time") + " with " + owner(work)
                                + " and is tried again",
                        "the application's log says why it fails; a dead-letter topic or a retry topic lets others"
                                + " pass it"));
    }

    private Optional<Cause> stopped(Work work, MemberProgress progress) {
        return progress.stop()
                .filter(stop -> !stop.outOfRange() && work.waits())
                .map(stop -> ofOwner(
                        CauseCode.STOPPED,
                        work,
                        owner(work) + " has stopped at offset " + progress.offset() + failures(progress) + ": "
                                + Words.line(stop.why()),
                        "see to the reason, then start the member anew, or reset the offset past the record"));
    }

    /** Whoever has the partition next meets the same record; where that one says so itself, it knows better. */
    private Optional<Cause> left(Work work, Left left) {
        boolean saidAnew = work.told().progress().flatMap(MemberProgress::stop).isPresent();
        return saidAnew || left.stop().outOfRange() || !work.waits()
                ? Optional.empty()
                : Optional.of(new Cause(
                        CauseCode.STOPPED,
                        in(work) + left.text() + " stopped at offset " + left.offset() + " and left "
                                + Words.of(left.ago()) + " ago: "
                                + Words.line(left.stop().why()),
                        work.assignment().owner().isEmpty()
                                ? "see to the reason, then start the application again, or reset the offset past the"
                                        + " record"
                                : "see to the reason, or reset the offset past the record: " + owner(work)
                                        + " has the partition now, and comes to the same record",
                        Place.of(work.partition(), left.memberId())));
    }

    private static String failures(MemberProgress progress) {
        return progress.failedAttempts() == 0
                ? ""
                : ", where the record failed " + Words.count(progress.failedAttempts(), "time");
    }

    /** Found by the figures, or told by the member that cannot go on, or that left because of that. */
    private Optional<Cause> outOfRange(Work work) {
        var said = work.told().progress().flatMap(MemberProgress::stop).filter(MemberProgress.Stop::outOfRange);
        var found = work.committed()
                .flatMap(committed -> work.lag().flatMap(lag -> outside(committed.offset(), lag)))
                .or(() -> said.map(stop -> owner(work) + " finds no record to go on with: " + Words.line(stop.why())));
        return found.map(sentence -> ofOwner(CauseCode.OUT_OF_RANGE, work, sentence, outOfRangeHint(said.isPresent())))
                .or(() -> work.told().left().flatMap(left -> leftOutOfRange(work, left)));
    }

    private Optional<Cause> leftOutOfRange(Work work, Left left) {
        return left.stop().outOfRange()
                ? Optional.of(new Cause(
                        CauseCode.OUT_OF_RANGE,
                        in(work) + left.text() + " found no record to go on with, and left " + Words.of(left.ago())
                                + " ago: " + Words.line(left.stop().why()),
                        outOfRangeHint(true),
                        Place.of(work.partition(), left.memberId())))
                : Optional.empty();
    }

    private Optional<String> outside(long offset, LagPicture lag) {
        if (offset < lag.logStartOffset()) {
            return Optional.of("the group is at offset " + offset + ", the log begins at " + lag.logStartOffset()
                    + " by now: " + Words.count(lag.trimmedRecords(), "record") + " went before it processed them");
        }
        return offset > lag.highWatermark()
                ? Optional.of("the group is at offset " + offset + ", the log ends at " + lag.highWatermark())
                : Optional.empty();
    }

    private String outOfRangeHint(boolean waits) {
        var reset = "reset the group's offset to where it shall go on";
        return switch (group.trimmedOffsets()) {
            case FAIL -> reset;
            case EARLIEST ->
                waits ? reset : "members go on at the first offset that is kept; give the topic a longer retention";
            case LATEST -> waits ? reset : "members go on at the end of the log; give the topic a longer retention";
        };
    }

    private Optional<Cause> moving(Work work) {
        var assignment = work.assignment();
        if (!assignment.revoked() || !work.waits()) {
            return Optional.empty();
        }
        var whereTo = assignment.target().isEmpty() ? "to nobody" : "to " + member(assignment.target());
        return Optional.of(ofOwner(
                CauseCode.MOVING,
                work,
                owner(work) + " was asked to give it up, and has not yet; it goes " + whereTo,
                "nothing, unless it lasts: the owner finishes what it began, however long that takes"));
    }

    private Cause fenced(Work work, Fenced fenced) {
        var next = work.assignment().owner().isEmpty() ? "whoever gets it" : owner(work);
        return new Cause(
                CauseCode.FENCED,
                in(work) + (fenced.expired() ? expired(fenced) : refused(fenced)),
                fenced.expired()
                        ? "what it processed there and did not commit is processed again by " + next
                                + "; where its process still ran, see why it stood still for longer than its session"
                        : "what it processed there is processed again by " + next
                                + "; see why the member stood still or went on after it gave it up",
                Place.of(work.partition(), fenced.memberId()));
    }

    private String refused(Fenced fenced) {
        return "a commit of " + member(fenced.memberId()) + " was refused " + Words.of(fenced.ago()) + " ago ("
                + fenced.reason() + "), because the partition was not its own any more";
    }

    private String expired(Fenced fenced) {
        return member(fenced.memberId()) + " was not heard of for its session, which ended " + Words.of(fenced.ago())
                + " ago: it may commit there no more (" + fenced.reason() + ")";
    }

    private Optional<Cause> tooSlow(Work work, LagPicture lag) {
        var rates = lag.rates();
        if (rates.committed().isEmpty() || rates.appended().isEmpty() || lag.records() == 0) {
            return Optional.empty();
        }
        double committed = rates.committed().getAsDouble();
        double appended = rates.appended().getAsDouble();
        var age = lag.age().orElse(Duration.ZERO);
        return committed >= KEEPS_UP * appended || age.compareTo(TOO_SLOW_AGE) < 0
                ? Optional.empty()
                : Optional.of(ofOwner(
                        CauseCode.TOO_SLOW,
                        work,
                        "the group commits " + Words.rate(committed) + " offsets/s, and " + Words.rate(appended)
                                + " are appended" + waiting(work) + ", the next one for " + Words.of(age),
                        "make the handler faster, or add members, up to one for each partition"));
    }

    /**
     * The owner is there and says of nothing that it waits for, and yet nothing is committed: no rates are
     * needed for that, so it is told also where producers stopped, and by a new metadata leader.
     */
    private Optional<Cause> standsStill(Work work) {
        var idle = work.committed().map(Committed::ago);
        return work.lag()
                .filter(lag -> lag.records() > 0 && isAtWork(work.assignment().owner()))
                .filter(lag ->
                        isLong(idle.orElse(STANDS_STILL)) && isLong(lag.age().orElse(Duration.ZERO)))
                .map(lag -> ofOwner(
                        CauseCode.TOO_SLOW,
                        work,
                        "the group has committed nothing "
                                + idle.map(ago -> "for " + Words.of(ago)).orElse("yet") + waiting(work)
                                + ", the next one for " + Words.of(lag.age().orElseThrow()),
                        "see what " + owner(work) + " does: it is heard of, and does not say what it waits for"));
    }

    private static boolean isLong(Duration duration) {
        return duration.compareTo(STANDS_STILL) >= 0;
    }

    private boolean isAtWork(String memberId) {
        return Optional.ofNullable(group.members().get(memberId))
                .filter(member -> !member.isSilent())
                .flatMap(Member::heard)
                .filter(heard -> isLong(heard.present()))
                .isPresent();
    }

    /**
     * Most of a record's life is over, and nobody says that the group comes in time. Where little of it is
     * over, a topic with a short retention would be told of always.
     */
    private Optional<Cause> retentionNear(Work work, LagPicture lag) {
        return lag.untilTrimmed()
                .filter(left -> lag.records() > 0 && left.compareTo(RETENTION_NEAR) <= 0)
                .filter(left ->
                        lag.age().isPresent() && left.compareTo(lag.age().get()) <= 0)
                .filter(left -> lag.rates()
                        .untilCaughtUp()
                        .filter(needed -> needed.compareTo(left) <= 0)
                        .isEmpty())
                .map(left -> ofOwner(
                        CauseCode.RETENTION_NEAR,
                        work,
                        "retention may remove the next record "
                                + (left.isZero() ? "at any time" : "in " + Words.of(left))
                                + waiting(work) + "; "
                                + catchingUp(lag.rates()),
                        "give the topic a longer retention (retention.ms, retention.bytes) until the group has caught"
                                + " up"));
    }

    private static String catchingUp(LagPicture.Rates rates) {
        if (rates.untilCaughtUp().isPresent()) {
            return "the group needs " + Words.of(rates.untilCaughtUp().get()) + " more";
        }
        return rates.committed().isEmpty() || rates.appended().isEmpty()
                ? "how fast the group goes is not known yet"
                : "at its rate the group does not catch up";
    }
}
