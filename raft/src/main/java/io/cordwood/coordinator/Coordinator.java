package io.cordwood.coordinator;

import io.cordwood.coordinator.CoordinatorOutput.AnswerPing;
import io.cordwood.coordinator.CoordinatorOutput.Assign;
import io.cordwood.coordinator.CoordinatorOutput.Close;
import io.cordwood.coordinator.CoordinatorOutput.Propose;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupAssignment;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.Release;
import io.cordwood.metadata.GroupMember;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.PartitionId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;

/**
 * What the metadata leader does for consumer groups, for as long as it leads: knows who is alive, has members come, go
 * and give partitions up, writes their commits, and tells each what it may process. It is a state machine: whoever
 * drives it tells it what happened and does what {@link #take} says.
 *
 * <p>Invariants: nothing that matters is here alone: with a new leader the sessions begin anew, with more than their
 * full timeouts, and members connect to it; what waited is answered by nobody and asked again. A member is told of an
 * assignment only once the image shows it. What a member does after a commit, leaving above all, is written after
 * the commit.
 *
 * <p><b>Thread:</b> one owner.
 *
 * <p><b>Source:</b> KIP-848.
 */
public final class Coordinator {
    private static final long EXPIRY_INTERVAL_MILLIS = 60_000;
    private static final int MAX_GROUPS_PER_ENTRY = 100;

    private final CoordinatorConfig config;
    private final CoordinatorClock clock;
    private final Map<MemberRef, Session> sessions = new LinkedHashMap<>();
    /** Members by the streams that they are on, or wait on for their join. */
    private final Map<Long, MemberRef> streams = new LinkedHashMap<>();

    private final MembershipQueue membership;
    private final CommitQueue commits;
    private final FencedCommits fenced;
    private final LeftStops stops = new LeftStops();
    private final Lane<GroupCommand.Refresh> refreshes = new Lane<>();
    private final Lane<String> expiries = new Lane<>();
    private final TopicWatch topics = new TopicWatch();
    private final List<CoordinatorOutput> outputs = new ArrayList<>();
    private MetadataImage image;
    private long lastProposal;

    /** @param image as of an entry of this leadership, or later */
    public Coordinator(CoordinatorConfig config, CoordinatorClock clock, MetadataImage image) {
        this.config = config;
        this.clock = clock;
        this.image = image;
        fenced = new FencedCommits((member, partition) -> Ownership.owns(this.image, member, partition));
        commits = new CommitQueue(config, fenced, () -> this.image);
        membership = new MembershipQueue(config, commits, clock.monotonicMillis());
        long heardMillis = clock.monotonicMillis() + config.formerLeader().toMillis();
        image.groups().byName().values().forEach(group -> openSessions(group, heardMillis));
    }

    private void openSessions(ConsumerGroup group, long heardMillis) {
        topics.suspect(group.name());
        for (String memberId : group.membership().members().keySet()) {
            sessions.computeIfAbsent(new MemberRef(group.name(), memberId), member -> new Session(member, heardMillis));
        }
    }

    /** What is to be done now. */
    public List<CoordinatorOutput> take() {
        flush();
        var taken = List.copyOf(outputs);
        outputs.clear();
        return taken;
    }

    /** How many members are known to be alive, or may be. */
    public int sessionCount() {
        return sessions.size();
    }

    /**
     * A member opened a stream, for the first time or again.
     *
     * @param stream number, never used before, from 1
     */
    public void connect(long stream, MemberHello hello) {
        var member = new MemberRef(hello.group(), hello.memberId());
        var matching = PatternTopics.of(hello, image, topics);
        var known = member(member);
        if (matching.refusal().isPresent()) {
            close(stream, matching.refusal().get());
        } else if (known.isPresent()) {
            reconnect(stream, member, known.get(), Hellos.join(hello, "", matching.names()));
        } else if (hello.epoch() > 0) {
            close(stream, MemberRefusals.unknown(member));
        } else {
            arrive(stream, member, hello, matching.names());
        }
    }

    private void reconnect(long stream, MemberRef member, GroupMember known, GroupCommand.Join join) {
        var session = sessions.get(member);
        if (session == null || session.isEnding()) {
            close(stream, MemberRefusals.unavailable("member " + member.memberId() + " is being removed"));
            return;
        }
        if (session.isConnected() && !session.isOn(stream)) {
            streams.remove(session.stream());
            close(session.stream(), MemberRefusals.fenced(member));
        }
        session.attach(stream);
        session.heard(clock.monotonicMillis());
        streams.put(stream, member);
        if (!Hellos.says(join, known)) {
            queue(stream, member, join);
        }
        assign(session);
    }

    private void arrive(long stream, MemberRef member, MemberHello hello, SortedSet<String> names) {
        var holder = group(member).flatMap(group -> group.membership().instance(hello.instanceId()));
        var holding = holder.map(found -> sessions.get(new MemberRef(hello.group(), found.memberId())));
        if (holding.isPresent() && holding.get().isConnected()) {
            close(stream, MemberRefusals.duplicate(hello.instanceId(), holder.get()));
            return;
        }
        var replaces = holder.map(GroupMember::memberId).orElse("");
        streamsOf(member).stream().filter(older -> older != stream).forEach(older -> {
            streams.remove(older);
            close(older, MemberRefusals.fenced(member));
        });
        streams.put(stream, member);
        queue(stream, member, Hellos.join(hello, replaces, names));
    }

    private void queue(long stream, MemberRef member, GroupCommand.Join join) {
        membership.join(member, join).ifPresent(refusal -> drop(stream, member, refusal));
    }

    /**
     * A member's ping.
     *
     * @param epoch of the last assignment that it got
     * @param pingId of the member's own; the answer has it
     */
    public void heard(long stream, long epoch, long pingId) {
        on(stream).ifPresent(session -> {
            outputs.add(new AnswerPing(stream, pingId, settings(session.member())));
            var member = member(session.member()).orElseThrow();
            var assignment = assignment(session.member());
            boolean owes = !assignment.revoked().isEmpty() && !membership.releases(session.member());
            if (epoch < member.epoch() || owes) {
                assign(session);
            }
        });
    }

    /**
     * What a member says with a ping of partitions in which it does not just read on; what it said before
     * is over.
     *
     * @param held those that are not its own are left out
     */
    public void told(long stream, List<MemberProgress> held) {
        Optional.ofNullable(streams.get(stream))
                .map(sessions::get)
                .filter(session -> session.isOn(stream))
                .ifPresent(session -> session.tell(Ownership.own(image, session.member(), held)));
    }

    /** What nobody but this leader knows of a group's members. */
    public GroupStanding standing(String group) {
        long now = clock.monotonicMillis();
        var members = sessions.values().stream()
                .filter(session -> session.member().group().equals(group) && !session.isEnding())
                .map(session -> session.standing(now, image))
                .toList();
        return new GroupStanding(members, fenced.of(group, now), stops.of(image, group, now));
    }

    /**
     * A member gave partitions up.
     *
     * @param epoch of the assignment that asked for it
     */
    public void released(long stream, long epoch, List<PartitionId> partitions) {
        on(stream).map(Session::member).ifPresent(member -> {
            var release = new Release(member.group(), member.memberId(), epoch, partitions);
            if (!partitions.isEmpty()) {
                membership.release(member, release);
            }
        });
    }

    /** A member commits offsets; one whose removal is decided hears of that with the end of its stream. */
    public void commit(long stream, CommitRequest request) {
        on(stream)
                .ifPresentOrElse(
                        session -> outputs.addAll(commits.add(stream, session.member(), request)),
                        () -> Optional.ofNullable(streams.get(stream))
                                .filter(member -> sessions.containsKey(member) && isEnding(member))
                                .ifPresent(member -> refused(stream, member, request)));
    }

    /**
     * A member commits offsets outside of its streams.
     *
     * @param number never used before, neither for a stream
     */
    public void commit(long number, MemberRef member, CommitRequest request) {
        if (isEnding(member)) {
            outputs.add(refused(number, member, request));
        } else {
            outputs.addAll(commits.add(number, member, request));
        }
    }

    /** Also where it ended. */
    private boolean isEnding(MemberRef member) {
        var session = sessions.get(member);
        return session == null || session.isEnding();
    }

    private CoordinatorOutput refused(long number, MemberRef member, CommitRequest request) {
        var refusal = MemberRefusals.stranger(member, group(member).isPresent());
        var answer = CommitQueue.refused(number, request, refusal);
        fenced.judged(member, request.partitions(), answer.refused(), clock.monotonicMillis());
        return answer;
    }

    /** A member goes, and does not come back under its id. */
    public void leave(long stream) {
        on(stream).ifPresent(this::end);
    }

    /** A stream broke, or was closed by the member: it may come back until its session ends. */
    public void closed(long stream) {
        var member = streams.remove(stream);
        if (member == null) {
            return;
        }
        Optional.ofNullable(sessions.get(member))
                .filter(session -> session.isOn(stream))
                .ifPresent(Session::detach);
        if (!sessions.containsKey(member) && streamsOf(member).isEmpty()) {
            membership.forget(member);
        }
    }

    /** The session of a stream that is not ending; others are told to come again. */
    private Optional<Session> on(long stream) {
        var session = Optional.ofNullable(streams.get(stream))
                .map(sessions::get)
                .filter(found -> found.isOn(stream) && !found.isEnding());
        session.ifPresent(found -> found.heard(clock.monotonicMillis()));
        if (session.isEmpty() && !streams.containsKey(stream)) {
            close(stream, MemberRefusals.unavailable("the stream is not known here"));
        }
        return session;
    }

    private void end(Session session) {
        session.end();
        membership.remove(session.member());
    }

    /** The metadata changed. */
    public void applied(MetadataImage newImage) {
        var before = image;
        image = newImage;
        if (before.groups().equals(newImage.groups())) {
            return;
        }
        before.groups().byName().forEach((name, group) -> {
            if (newImage.groups().group(name).isEmpty()) {
                fenced.moved(group, Map.of(), clock.monotonicMillis());
                group.membership().members().keySet().forEach(id -> gone(new MemberRef(name, id), group));
            }
        });
        newImage.groups().byName().forEach((name, group) -> {
            var old = before.groups().group(name);
            if (old.isEmpty() || !old.get().membership().equals(group.membership())) {
                changed(old, group);
            }
        });
    }

    private void changed(Optional<ConsumerGroup> old, ConsumerGroup group) {
        var members = group.membership().members();
        old.ifPresent(before -> fenced.moved(before, group.membership().partitions(), clock.monotonicMillis()));
        old.ifPresent(before -> before.membership().members().keySet().stream()
                .filter(memberId -> !members.containsKey(memberId))
                .forEach(memberId -> gone(new MemberRef(group.name(), memberId), before)));
        openSessions(group, clock.monotonicMillis());
        group.membership().assignments().forEach((memberId, assignment) -> {
            long epoch = old.flatMap(before -> before.membership().member(memberId))
                    .map(GroupMember::epoch)
                    .orElse(0L);
            var session = sessions.get(new MemberRef(group.name(), memberId));
            if (assignment.epoch() != epoch && session != null && session.isConnected()) {
                outputs.add(new Assign(session.stream(), assignment, settings(session.member())));
            }
        });
    }

    /** @param before its group while it was a member */
    private void gone(MemberRef member, ConsumerGroup before) {
        membership.forget(member);
        var session = sessions.remove(member);
        if (session == null) {
            return;
        }
        stops.left(session, before, image, clock.monotonicMillis());
        if (session.isExpired()) {
            fenced.expired(member, Ownership.of(before, member), clock.monotonicMillis());
        }
        if (session.isConnected()) {
            streams.remove(session.stream());
            close(session.stream(), MemberRefusals.unknown(member));
        }
    }

    /** A proposal was applied; the image that shows it was told before. */
    public void answered(long proposalId, MetadataResult result) {
        if (!(result instanceof MetadataResult.GroupAnswer answer)) {
            failed(proposalId);
        } else if (commits.has(proposalId)) {
            outputs.addAll(commits.finished(answer.refused(), clock.monotonicMillis()));
        } else if (!refreshes.has(proposalId) && !expiries.has(proposalId)) {
            var joined = membership.finished(proposalId);
            for (int place = 0; place < joined.size(); place++) {
                joined(joined.get(place), Optional.ofNullable(answer.refused().get(place)));
            }
        } else {
            finish(proposalId);
        }
    }

    private void joined(MemberRef member, Optional<GroupRefusal> refusal) {
        var session = sessions.get(member);
        for (long stream : streamsOf(member)) {
            if (refusal.isPresent()) {
                drop(stream, member, refusal.get());
            } else if (session == null) {
                drop(stream, member, MemberRefusals.unknown(member));
            } else if (!session.isConnected()) {
                session.attach(stream);
                session.heard(clock.monotonicMillis());
                assign(session);
            }
        }
    }

    private List<Long> streamsOf(MemberRef member) {
        return streams.entrySet().stream()
                .filter(entry -> entry.getValue().equals(member))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    private void drop(long stream, MemberRef member, GroupRefusal refusal) {
        streams.remove(stream);
        Optional.ofNullable(sessions.get(member))
                .filter(session -> session.isOn(stream))
                .ifPresent(Session::detach);
        close(stream, refusal);
    }

    /** Nobody knows whether a proposal was or will be applied. */
    public void failed(long proposalId) {
        var refusal = MemberRefusals.unavailable("the command was not confirmed");
        if (commits.has(proposalId)) {
            outputs.addAll(commits.failed(refusal));
        } else if (refreshes.has(proposalId)) {
            refreshes.underWay().forEach(refresh -> topics.suspect(refresh.group()));
            finish(proposalId);
        } else if (expiries.has(proposalId)) {
            finish(proposalId);
        } else {
            for (MemberRef member : membership.failed(proposalId, sessions.keySet())) {
                streamsOf(member).forEach(stream -> drop(stream, member, refusal));
            }
        }
    }

    private void finish(long proposalId) {
        if (refreshes.has(proposalId)) {
            refreshes.finished();
        } else if (expiries.has(proposalId)) {
            expiries.finished();
        }
    }

    /** Time passed; to be called several times in the shortest session timeout. */
    public void tick() {
        long now = clock.monotonicMillis();
        for (Session session : sessions.values()) {
            long timeout = settings(session.member()).sessionTimeout().toMillis();
            if (!session.isEnding() && session.silentMillis(now) >= timeout) {
                session.expire();
                end(session);
            }
        }
        if (refreshes.isFree(now)) {
            refreshes.rest(now + config.refreshInterval().toMillis());
            refresh(topics.look(image));
        }
        if (expiries.isFree(now)) {
            expiries.rest(now + EXPIRY_INTERVAL_MILLIS);
            expire(clock.wallMillis() - config.offsetRetention().toMillis());
        }
    }

    private void refresh(List<GroupCommand.Refresh> due) {
        var later = new ArrayList<>(due);
        var first = EntryBudget.take(later.iterator(), MAX_GROUPS_PER_ENTRY, one -> true, EntryBudget::bytes);
        later.forEach(refresh -> topics.suspect(refresh.group()));
        if (!first.isEmpty()) {
            refreshes.started(propose(new GroupCommand.RefreshGroups(first)), first);
        }
    }

    private void expire(long emptyUntilMillis) {
        var due = image.groups().byName().values().stream()
                .filter(group -> !group.isActive() && group.emptySinceMillis() <= emptyUntilMillis)
                .map(ConsumerGroup::name)
                .limit(MAX_GROUPS_PER_ENTRY)
                .toList();
        if (!due.isEmpty()) {
            expiries.started(propose(new GroupCommand.ExpireGroups(emptyUntilMillis, due)), due);
        }
    }

    private void flush() {
        long now = clock.monotonicMillis();
        if (commits.isReady(now)) {
            propose(commits.start(lastProposal + 1, clock.wallMillis()));
        }
        for (var start = membership.next(now, clock.wallMillis());
                start.isPresent();
                start = membership.next(now, clock.wallMillis())) {
            long proposalId = propose(start.get());
            membership.started(proposalId, now);
        }
    }

    private long propose(GroupCommand command) {
        lastProposal++;
        outputs.add(new Propose(lastProposal, command));
        return lastProposal;
    }

    private void assign(Session session) {
        if (session.isConnected()) {
            outputs.add(new Assign(session.stream(), assignment(session.member()), settings(session.member())));
        }
    }

    private GroupAssignment assignment(MemberRef member) {
        return group(member).orElseThrow().membership().assignment(member.memberId());
    }

    private Optional<ConsumerGroup> group(MemberRef member) {
        return image.groups().group(member.group());
    }

    private Optional<GroupMember> member(MemberRef member) {
        return group(member).flatMap(group -> group.membership().member(member.memberId()));
    }

    /** What its group is asked to do, with the member's own session. */
    private GroupSettings settings(MemberRef member) {
        return member(member)
                .map(known ->
                        group(member).orElseThrow().membership().settings().withSessionTimeout(known.sessionTimeout()))
                .orElse(GroupSettings.DEFAULT);
    }

    private void close(long stream, GroupRefusal reason) {
        outputs.add(new Close(stream, reason));
    }
}
