package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.raft.FollowedGroups.Followed;
import io.cordwood.raft.GoneQuestions.Answer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.protocol.TermIndex;
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
 * <p>Invariants: a group stands once in a term; nothing is done to a leader that is heard, or that refuses fewer
 * than a majority.
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

    static final Duration ASK_EVERY = Duration.ofSeconds(1);
    /** Between who stands first and who stands next: an election takes less. */
    static final Duration STEP = Duration.ofMillis(300);
    /** And as much more for each group that elects: elections that come together take longer. */
    static final Duration STEP_PER_GROUP = Duration.ofMillis(5);
    /** Each forces a vote; meanwhile nobody is answered. */
    static final int STANDS_PER_LOOK = 16;

    private final int self;
    private final Ports ports;
    private final LongSupplier clockNanos;
    private final Map<Integer, Suspect> suspects = new HashMap<>();
    /** When a node was tried last. */
    private final Map<Integer, Long> triedNanos = new HashMap<>();
    /** When the others were asked about a node. */
    private final Map<Integer, Long> askedNanos = new HashMap<>();

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
     * @param hasRoom whether it takes batches
     */
    static GoneLeaders of(
            int self,
            RaftGroups groups,
            NodeTransport transport,
            BooleanSupplier hasRoom,
            Supplier<MetadataImage> image) {
        var followed = new FollowedGroups(groups, self, hasRoom, image);
        var knocks = new Knocks(transport::addressOf);
        var questions = new GoneQuestions(transport);
        questions.serve(self, knocks::refuses, followed::of);
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
            ask(suspect, groups, now);
            if (now - suspect.sinceNanos >= REFUSING.toNanos()) {
                elect(suspect, groups, now);
            }
        }
    }

    private static boolean isOver(Duration pause, @Nullable Long sinceNanos, long now) {
        return sinceNanos == null || now - sinceNanos >= pause.toNanos();
    }

    private void ask(Suspect suspect, List<Followed> groups, long now) {
        if (groups.isEmpty() || !isOver(ASK_EVERY, askedNanos.get(suspect.node), now)) {
            return;
        }
        askedNanos.put(suspect.node, now);
        suspect.answers = groups.stream()
                .flatMap(group -> group.electorates().stream())
                .flatMap(Set::stream)
                .filter(node -> node != self && node != suspect.node)
                .distinct()
                .collect(Collectors.toMap(node -> node, node -> ports.question().ask(node, suspect.node)));
    }

    private void elect(Suspect suspect, List<Followed> groups, long now) {
        var confirming = suspect.confirming();
        var refused = new HashSet<>(confirming.keySet());
        refused.add(self);
        var electing =
                groups.stream().filter(group -> group.isMajority(refused)).toList();
        if (electing.isEmpty()) {
            return;
        }
        suspect.isGone(electing.size(), now);
        electing.stream()
                .filter(group -> suspect.isTurn(rank(group, confirming), now))
                .filter(suspect::isNew)
                .limit(STANDS_PER_LOOK)
                .forEach(group -> stand(suspect, group));
    }

    private OptionalInt rank(Followed group, Map<Integer, Answer> confirming) {
        var ends = new HashMap<Integer, TermIndex>();
        confirming.forEach((node, answer) -> {
            var end = answer.ends().get(group.group());
            if (end != null) {
                ends.put(node, end);
            }
        });
        if (group.mayLead()) {
            ends.put(self, group.last());
        }
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

    /** A leader that refuses at each look. */
    private final class Suspect {
        private final int node;
        private final long sinceNanos;
        private final Map<RaftGroupId, Long> stood = new HashMap<>();
        private Map<Integer, CompletableFuture<Answer>> answers = Map.of();
        private int electing;
        private long goneNanos;

        Suspect(int node, long sinceNanos) {
            this.node = node;
            this.sinceNanos = sinceNanos;
        }

        /** What those have said that it refuses, too. */
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

        void isGone(int groups, long now) {
            if (electing == 0) {
                electing = groups;
                goneNanos = now;
                LOG.info("node {}: node {} refuses connections: {} groups elect", self, node, groups);
            }
        }

        boolean isTurn(OptionalInt rank, long now) {
            var step = STEP.plus(STEP_PER_GROUP.multipliedBy(electing));
            return rank.isPresent() && now - goneNanos >= step.toNanos() * rank.getAsInt();
        }

        boolean isNew(Followed group) {
            return !Long.valueOf(group.term()).equals(stood.get(group.group()));
        }
    }
}
