package io.cordwood.raft;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServer.Division;
import org.jspecify.annotations.Nullable;

/**
 * Has a majority of a group's members say that they are in the term that this node leads, each of them
 * after the question.
 *
 * <p>A member that is in a term then has not voted in a later one before, and any two majorities share a
 * member: where this one says so, nobody was elected later before the question. So whatever had been
 * acknowledged by then was acknowledged by this leader, which had applied it, or by earlier ones, whose
 * entries it applied before its own first. This is Raft's read index, with a question for the term in the
 * place of a heartbeat.
 *
 * <p>Ratis' own read index does not do: it remembers which commit index was confirmed, for as long as the
 * term lasts, and asks nobody about that one again; and who asks while heartbeats are under way is content
 * with their answers. A leader that was cut off, or stopped for a while, would confirm itself as long as
 * nothing is appended to it. It stands in for members whose program does not know our question, while a
 * cluster is upgraded.
 *
 * <p>Thread: any. The monitor guards what was heard so far, for a few accesses per answer; the outcome is
 * told outside of it.
 *
 * <p>Source: Ongaro, Consensus: Bridging Theory and Practice, §6.4; Ratis 3.3.0, {@code
 * ReadIndexHeartbeats.addAppendEntriesListener} and {@code AppendEntriesListeners.add}.
 */
final class LeaderConfirmation {
    private final Division division;
    private final long term;
    private final Supplier<CompletableFuture<?>> readIndex;
    /**
     * Node ids of those with a vote, and of those of before while members change: each set needs its own
     * majority.
     */
    private final List<Set<Integer>> electorates;

    private final CompletableFuture<Confirmation> outcome = new CompletableFuture<>();
    private final Set<Integer> inTerm = new HashSet<>();
    private final Set<Integer> ofOlderProgram = new HashSet<>();
    private int unheard;

    /** Where the question stands after an answer. */
    private enum Standing {
        OPEN,
        MAJORITY,
        LATER_TERM,
        LEFT_TO_RATIS,
        NO_MAJORITY
    }

    private LeaderConfirmation(Division division, long term, Supplier<CompletableFuture<?>> readIndex) {
        this.division = division;
        this.term = term;
        this.readIndex = readIndex;
        var members = division.getRaftConf();
        electorates = members.getPreviousPeers().isEmpty()
                ? List.of(nodes(members.getCurrentPeers()))
                : List.of(nodes(members.getCurrentPeers()), nodes(members.getPreviousPeers()));
    }

    private static Set<Integer> nodes(Collection<RaftPeer> peers) {
        return peers.stream()
                .map(peer -> Integer.parseInt(peer.getId().toString()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Asks the members of a division.
     *
     * @param term in which it leads, and has applied its first entry
     * @param readIndex Ratis' own, for members with an older program
     */
    static CompletableFuture<Confirmation> of(
            Division division,
            long term,
            TermQuestions questions,
            Duration within,
            Supplier<CompletableFuture<?>> readIndex) {
        var asked = new LeaderConfirmation(division, term, readIndex);
        asked.ask(questions);
        return asked.outcome.completeOnTimeout(Confirmation.UNANSWERED, within.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void ask(TermQuestions questions) {
        int self = Integer.parseInt(division.getId().toString());
        var others = electorates.stream()
                .flatMap(Set::stream)
                .filter(node -> node != self)
                .collect(Collectors.toUnmodifiableSet());
        Standing standing;
        synchronized (this) {
            unheard = others.size();
            inTerm.add(self); // if it is still in it at the end
            standing = standing();
        }
        settle(standing);
        var group = division.getMemberId().getGroupId().getUuid();
        for (int node : others) {
            var unused =
                    questions.ask(node, group).whenComplete((theirs, failure) -> settle(heard(node, theirs, failure)));
        }
    }

    private synchronized Standing heard(int node, @Nullable Long theirs, @Nullable Throwable failure) {
        unheard--;
        if (theirs != null && theirs > term) {
            return Standing.LATER_TERM;
        }
        if (theirs != null && theirs == term) {
            inTerm.add(node);
        }
        if (failure instanceof NodeCallException call && call.kind() == NodeCallException.Kind.NO_HANDLER) {
            ofOlderProgram.add(node);
        }
        return standing();
    }

    private Standing standing() {
        if (isMajority(inTerm)) {
            return Standing.MAJORITY;
        }
        if (unheard > 0) {
            return Standing.OPEN;
        }
        var withOlder = new HashSet<>(inTerm);
        withOlder.addAll(ofOlderProgram);
        return isMajority(withOlder) ? Standing.LEFT_TO_RATIS : Standing.NO_MAJORITY;
    }

    private boolean isMajority(Set<Integer> nodes) {
        return electorates.stream()
                .allMatch(voters -> 2 * voters.stream().filter(nodes::contains).count() > voters.size());
    }

    private void settle(Standing standing) {
        switch (standing) {
            case OPEN -> {}
            case MAJORITY -> outcome.complete(ownTermHolds());
            case LATER_TERM -> outcome.complete(Confirmation.NOT_LEADER);
            case NO_MAJORITY -> outcome.complete(Confirmation.UNANSWERED);
            case LEFT_TO_RATIS -> {
                var unused = readIndex
                        .get()
                        .handle((confirmed, failure) ->
                                outcome.complete(failure == null ? ownTermHolds() : Confirmation.UNANSWERED));
            }
        }
    }

    /** This node counts as one that is in the term. */
    private Confirmation ownTermHolds() {
        return division.getInfo().getCurrentTerm() == term ? Confirmation.CONFIRMED : Confirmation.NOT_LEADER;
    }
}
