package io.cordwood.raft;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftConfiguration;
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
    private final int self;
    private final List<Set<Integer>> electorates;
    private final long term;
    private final LongSupplier ownTerm;
    private final Supplier<CompletableFuture<?>> readIndex;

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

    /**
     * @param self this node, counted where it has a vote
     * @param electorates see {@link #electorates(RaftConfiguration)}
     * @param term in which this node leads, and has applied its first entry
     * @param ownTerm in which it is when asked
     * @param readIndex Ratis' own, for members with an older program
     */
    LeaderConfirmation(
            int self,
            List<Set<Integer>> electorates,
            long term,
            LongSupplier ownTerm,
            Supplier<CompletableFuture<?>> readIndex) {
        this.self = self;
        this.electorates = electorates;
        this.term = term;
        this.ownTerm = ownTerm;
        this.readIndex = readIndex;
    }

    /**
     * Node ids of those with a vote, and of those of before while members change: each set needs its own
     * majority.
     */
    static List<Set<Integer>> electorates(RaftConfiguration members) {
        return members.getPreviousPeers().isEmpty()
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
        int self = Integer.parseInt(division.getId().toString());
        var group = division.getMemberId().getGroupId().getUuid();
        return new LeaderConfirmation(
                        self,
                        electorates(division.getRaftConf()),
                        term,
                        () -> division.getInfo().getCurrentTerm(),
                        readIndex)
                .ask(node -> questions.ask(node, group))
                .completeOnTimeout(Confirmation.UNANSWERED, within.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Asks those with a vote, once. The outcome comes with the answers: somebody else ends the wait.
     *
     * @param question the term of a node; fails where it does not say
     */
    CompletableFuture<Confirmation> ask(IntFunction<CompletableFuture<Long>> question) {
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
        for (int node : others) {
            var unused = question.apply(node).whenComplete((theirs, failure) -> settle(heard(node, theirs, failure)));
        }
        return outcome;
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
        return ownTerm.getAsLong() == term ? Confirmation.CONFIRMED : Confirmation.NOT_LEADER;
    }
}
