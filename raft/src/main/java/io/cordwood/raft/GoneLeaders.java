package io.cordwood.raft;

import io.cordwood.raft.FollowedGroups.Followed;
import io.cordwood.raft.GoneQuestions.Answer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftGroupId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the groups of a leader whose process is gone elect at once, and not only when their election timeout is over.
 * The host of such a process refuses connections. So a leader that is not heard is tried; where it refuses, and
 * goes on refusing, the other members are asked whether it refuses them, too, and what they have. In each group
 * whose majority says so the first of the {@link Succession} stands for election, and who comes after it a
 * while later, if nobody has by then.
 *
 * <p>It only makes elections come early, and an election is always safe: what is wrongly taken for gone costs a
 * term. What is gone without refusing, such as a host that lost its power, is left to the election timeout.
 *
 * <p>Invariants: a group stands once in a term while its leader refuses; nothing is done to a leader that is heard,
 * or that refuses fewer than a majority; none is taken for gone twice within {@link #GONE_EVERY}.
 *
 * <p>Thread: one.
 */
final class GoneLeaders {
    private static final Logger LOG = LoggerFactory.getLogger(GoneLeaders.class);

    /** Between two looks. */
    static final long LOOK_MS = 50;
    /** A leader that is heard within this time is not tried. */
    static final Duration SILENCE = Duration.ofMillis(100);
    /** One that does not refuse is left alone for so long: in a group that is idle heartbeats are rare. */
    static final Duration TRY_EVERY = Duration.ofMillis(200);
    /** For so long a node must refuse. */
    static final Duration REFUSING = Duration.ofMillis(100);

    /** What others said counts for so long. */
    static final Duration ASK_EVERY = Duration.ofSeconds(1);
    /** While no group has its majority. */
    static final Duration ASK_AGAIN = Duration.ofMillis(300);
    /** One that serves though it refuses connections, and is silent now and then, elects no more often. */
    static final Duration GONE_EVERY = Duration.ofSeconds(10);
    /** Between who stands first and who stands next: an election takes less. */
    static final Duration STEP = Duration.ofMillis(300);
    /**
     * And as much more for each group that elects, up to {@link #STANDS_PER_LOOK}: a node forces the votes of its stands one after
     * the other, and where two stand for the same group each votes for itself.
     */
    static final Duration STEP_PER_GROUP = Duration.ofMillis(50);
    /** Each forces a vote; meanwhile nobody is answered. */
    static final int STANDS_PER_LOOK = 16;

    private final int self;
    private final Ports ports;
    private final LongSupplier clockNanos;
    private final Map<Integer, Suspect> suspects = new HashMap<>();
    /** When a node was tried last. */
    private final Map<Integer, Long> triedNanos = new HashMap<>();
    /** What the others were asked about a node: a refusal that is missed once does not make it unsaid. */
    private final Map<Integer, Asked> asked = new HashMap<>();
    /** When a node was taken for gone. */
    private final Map<Integer, Long> goneNanos = new HashMap<>();

    /**
     * What it sees and does.
     *
     * @param silent leaders that are followed here and not heard
     * @param refusing those of these nodes that refuse
     * @param followed the groups that follow a node here
     * @param stand has this node stand for election in a group, and says whether it does
     */
    record Ports(
            Supplier<Set<Integer>> silent,
            UnaryOperator<Set<Integer>> refusing,
            IntFunction<List<Followed>> followed,
            Question question,
            Predicate<Followed> stand) {}

    /** See {@link GoneQuestions#ask}. */
    interface Question {
        CompletableFuture<Answer> ask(int node, int gone);
    }

    GoneLeaders(int self, Ports ports, LongSupplier clockNanos) {
        this.self = self;
        this.ports = ports;
        this.clockNanos = clockNanos;
    }

    /**
     * That of a node, which answers others from now on.
     *
     * @param executor where answers are put together
     */
    static GoneLeaders of(int self, FollowedGroups followed, NodeTransport transport, Executor executor) {
        var knocks = new Knocks(transport::addressOf);
        var questions = new GoneQuestions(transport);
        questions.serve(executor, self, knocks::refuses, followed::of);
        return new GoneLeaders(
                self,
                new Ports(
                        () -> followed.silentLeaders(SILENCE),
                        knocks::look,
                        followed::of,
                        questions::ask,
                        followed::stand),
                System::nanoTime);
    }

    void look() {
        long now = clockNanos.getAsLong();
        var tried = ports.silent().get().stream()
                .filter(node -> suspects.containsKey(node) || isOver(TRY_EVERY, triedNanos.get(node), now))
                .collect(Collectors.toUnmodifiableSet());
        tried.forEach(node -> triedNanos.put(node, now));
        var refusing = ports.refusing().apply(tried);
        suspects.keySet().retainAll(refusing);
        for (int node : refusing) {
            var suspect = suspects.computeIfAbsent(node, unused -> new Suspect(node, now));
            var groups = ports.followed().apply(node);
            ask(node, groups, now);
            if (now - suspect.sinceNanos >= REFUSING.toNanos()) {
                elect(suspect, groups, now);
            }
        }
    }

    private static boolean isOver(Duration pause, @Nullable Long sinceNanos, long now) {
        return sinceNanos == null || now - sinceNanos >= pause.toNanos();
    }

    private void ask(int gone, List<Followed> groups, long now) {
        var before = asked.getOrDefault(gone, Asked.NOBODY);
        var pause = electing(groups, before.confirming()).isEmpty() ? ASK_AGAIN : ASK_EVERY;
        if (groups.isEmpty() || !isOver(pause, before.sinceNanos, now)) {
            return;
        }
        asked.put(
                gone,
                new Asked(
                        now,
                        groups.stream()
                                .flatMap(group -> group.electorates().stream())
                                .flatMap(Set::stream)
                                .filter(node -> node != self && node != gone)
                                .distinct()
                                .collect(Collectors.toUnmodifiableMap(
                                        node -> node,
                                        node -> before.underWay(node)
                                                .orElseGet(
                                                        () -> ports.question().ask(node, gone))))));
    }

    private List<Followed> electing(List<Followed> groups, Map<Integer, Answer> confirming) {
        var refused = new HashSet<>(confirming.keySet());
        refused.add(self);
        return groups.stream().filter(group -> group.isMajority(refused)).toList();
    }

    private void elect(Suspect suspect, List<Followed> groups, long now) {
        var confirming = asked.getOrDefault(suspect.node, Asked.NOBODY).confirming();
        var electing = electing(groups, confirming);
        if (electing.isEmpty() || !suspect.isGone(electing.size(), now)) {
            return;
        }
        electing.stream()
                .filter(group -> suspect.isTurn(rank(group, confirming), now))
                .filter(suspect::isNew)
                .limit(STANDS_PER_LOOK)
                .forEach(group -> stand(suspect, group));
    }

    private OptionalInt rank(Followed group, Map<Integer, Answer> confirming) {
        var ends = new HashMap<Integer, Succession.End>();
        confirming.forEach((node, answer) -> {
            var end = answer.ends().get(group.group());
            if (end != null) {
                ends.put(node, end);
            }
        });
        ends.put(self, group.end());
        return Succession.rank(group.group().getUuid(), self, ends);
    }

    private void stand(Suspect suspect, Followed group) {
        suspect.stood.put(group.group(), group.term());
        boolean stands = ports.stand().test(group);
        LOG.debug(
                "node {} {} for election in {}, which node {} led in term {}",
                self,
                stands ? "stands" : "does not stand",
                group.group(),
                suspect.node,
                group.term());
    }

    /**
     * What others were asked about a node.
     *
     * @param sinceNanos when, null where nobody was asked
     */
    private record Asked(@Nullable Long sinceNanos, Map<Integer, CompletableFuture<Answer>> answers) {
        static final Asked NOBODY = new Asked(null, Map.of());

        /** One that takes longer than the pause is waited for. */
        Optional<CompletableFuture<Answer>> underWay(int node) {
            return Optional.ofNullable(answers.get(node)).filter(answer -> !answer.isDone());
        }

        /** What those have said that the node refuses, too. */
        Map<Integer, Answer> confirming() {
            var confirming = new HashMap<Integer, Answer>();
            answers.forEach((other, answer) -> {
                if (answer.isDone()
                        && !answer.isCompletedExceptionally()
                        && answer.join().refuses()) {
                    confirming.put(other, answer.join());
                }
            });
            return confirming;
        }
    }

    /** A leader that refuses at each look. */
    private final class Suspect {
        private final int node;
        private final long sinceNanos;
        private final Map<RaftGroupId, Long> stood = new HashMap<>();
        private int electing;
        private long electingNanos;

        Suspect(int node, long sinceNanos) {
            this.node = node;
            this.sinceNanos = sinceNanos;
        }

        /** Whether it is taken for gone, from now on or before. */
        boolean isGone(int groups, long now) {
            if (electing == 0 && isOver(GONE_EVERY, goneNanos.get(node), now)) {
                electing = groups;
                electingNanos = now;
                goneNanos.put(node, now);
                LOG.info("node {}: node {} refuses connections: {} groups elect", self, node, groups);
            }
            return electing > 0;
        }

        boolean isTurn(OptionalInt rank, long now) {
            var step = STEP.plus(STEP_PER_GROUP.multipliedBy(Math.min(electing, STANDS_PER_LOOK)));
            return rank.isPresent() && now - electingNanos >= step.toNanos() * rank.getAsInt();
        }

        boolean isNew(Followed group) {
            return !Long.valueOf(group.term()).equals(stood.get(group.group()));
        }
    }
}
