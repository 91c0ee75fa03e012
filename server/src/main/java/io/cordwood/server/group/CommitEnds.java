package io.cordwood.server.group;

import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.PartitionId;
import io.cordwood.server.partition.LocalReplicas;
import io.cordwood.server.partition.Replica;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;

/**
 * Finds the ends of partitions that somebody may have committed beyond. Most commits lie below what this
 * node knows already: its replica's high watermark, or what a leader said before. A replica that lags a
 * little is waited for; only then the leader is asked, and for the commits that come meanwhile it is asked
 * once more, not once for each.
 *
 * <p>Invariant: an end that is told was true at some time after the question; where nobody answers in time
 * none is told, because a member must be able to finish while a partition has no leader.
 *
 * <p><b>Thread:</b> any.
 */
public final class CommitEnds {
    /** A follower hears of what was committed with the next entry, or a moment later. */
    private static final Duration REPLICA_LAG = Duration.ofMillis(100);

    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);
    private static final int KNOWN_MAX = 10_000;

    private final LocalReplicas replicas;
    private final LogEnds leaders;
    private final Patience patience;
    private final Map<PartitionId, Long> known = new ConcurrentHashMap<>();
    /** Which questions wait for an answer, and which for their turn. Guarded by itself, for moments. */
    private final Map<PartitionId, Questions> asked = new TreeMap<>();

    /** @param next begins when the one that is out is answered, for all that came meanwhile */
    private record Questions(Optional<CompletableFuture<Optional<Long>>> next) {}

    /** @param name of the partition that is meant by the id of its topic */
    public record Commit(TopicPartition name, PartitionOffset offset) {
        private PartitionId id() {
            return offset.partition();
        }
    }

    public CommitEnds(LocalReplicas replicas, LogEnds leaders) {
        this(replicas, leaders, new Patience(REPLICA_LAG, ANSWER_TIMEOUT));
    }

    CommitEnds(LocalReplicas replicas, LogEnds leaders, Patience patience) {
        this.replicas = replicas;
        this.leaders = leaders;
        this.patience = patience;
    }

    /** How long a replica of this node is waited for, and how long the answer of a leader. */
    record Patience(Duration replica, Duration leader) {}

    /** The ends of those partitions whose commits are not known to lie inside. It never fails. */
    public CompletableFuture<SortedMap<PartitionId, Long>> of(List<Commit> commits) {
        var ends = new ConcurrentSkipListMap<PartitionId, Long>();
        var questions = commits.stream()
                .filter(commit -> !isInside(commit))
                .map(commit -> end(commit).thenAccept(end -> end.ifPresent(found -> ends.put(commit.id(), found))))
                .toArray(CompletableFuture<?>[]::new);
        return questions.length == 0
                ? CompletableFuture.completedFuture(Collections.emptySortedMap())
                : CompletableFuture.allOf(questions).thenApply(done -> ends);
    }

    private boolean isInside(Commit commit) {
        long offset = commit.offset().offset();
        var replica = replica(commit.id());
        boolean reached = replica.isPresent() && offset <= replica.get().highWatermark();
        return reached || offset <= known.getOrDefault(commit.id(), 0L);
    }

    private Optional<Replica> replica(PartitionId id) {
        return replicas.find(new io.cordwood.store.PartitionId(id.topicId(), id.partition()));
    }

    /** Empty where it lies inside after all, or nobody answers. */
    private CompletableFuture<Optional<Long>> end(Commit commit) {
        var replica = replica(commit.id()).filter(found -> !found.leads());
        return replica.isEmpty()
                ? ask(commit)
                : reached(replica.get(), commit.offset().offset())
                        .thenCompose(
                                reached -> reached ? CompletableFuture.completedFuture(Optional.empty()) : ask(commit));
    }

    private CompletableFuture<Boolean> reached(Replica replica, long offset) {
        var reached = new CompletableFuture<Boolean>();
        Runnable look = () -> {
            if (replica.highWatermark() >= offset) {
                reached.complete(true);
            }
        };
        var listener = replica.onHighWatermark(look);
        look.run();
        return reached.completeOnTimeout(false, patience.replica().toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((found, failure) -> listener.close());
    }

    private CompletableFuture<Optional<Long>> ask(Commit commit) {
        synchronized (asked) {
            var before = asked.get(commit.id());
            if (before != null) {
                var next = before.next().orElseGet(CompletableFuture::new);
                asked.put(commit.id(), new Questions(Optional.of(next)));
                return next;
            }
            asked.put(commit.id(), new Questions(Optional.empty()));
        }
        var answer = new CompletableFuture<Optional<Long>>();
        question(commit, answer);
        return answer;
    }

    private void question(Commit commit, CompletableFuture<Optional<Long>> answer) {
        // Within a stage, what is refused at once fails the future, too.
        var unused = CompletableFuture.completedFuture(commit.name())
                .thenCompose(leaders::endOf)
                .thenApply(Optional::of)
                .completeOnTimeout(Optional.empty(), patience.leader().toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failure -> Optional.empty())
                .thenAccept(end -> answered(commit, end, answer));
    }

    private void answered(Commit commit, Optional<Long> end, CompletableFuture<Optional<Long>> answer) {
        end.ifPresent(found -> remember(commit.id(), found));
        Optional<CompletableFuture<Optional<Long>>> next;
        synchronized (asked) {
            var questions = asked.remove(commit.id());
            next = questions == null ? Optional.empty() : questions.next();
            if (next.isPresent()) {
                asked.put(commit.id(), new Questions(Optional.empty()));
            }
        }
        answer.complete(end);
        next.ifPresent(waiting -> question(commit, waiting));
    }

    private void remember(PartitionId id, long end) {
        if (known.size() >= KNOWN_MAX) {
            known.clear(); // of topics that are gone, most of them
        }
        known.merge(id, end, Math::max);
    }
}
