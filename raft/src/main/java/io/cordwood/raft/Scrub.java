package io.cordwood.raft;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftGroupId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for damage in the segment files of a node, pass after pass, and tells other nodes what it found.
 *
 * <p>Invariants: one file is read at a time, within the node's rate. What others ask for comes before the
 * rest of a pass, and so does what is open; what readers doubt comes in between, one file at a time. The
 * files of a pass come in an order of its own: where a node never runs for as long as a pass takes, each
 * file has its turn some time. Nothing of it outlives a stop.
 *
 * <p>Thread: {@link #tick} one, the node's own for this; answers come on gRPC's threads. The monitor of
 * {@code wanted} guards it.
 */
final class Scrub {
    private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);
    private static final long SLICE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** After what failed and says nothing of a file. */
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int WANTED_MAX = 4 * CopyMessages.KEYS_MAX;

    private final Supplier<Collection<PartitionReplica>> replicas;
    private final Predicate<RaftGroupId> hasNothingOf;
    private final ScrubLimits limits;
    private final Means means;
    private final ReplicaScrub.Means shared;
    private final Map<UUID, ReplicaScrub> scrubs = new ConcurrentHashMap<>();
    private final Queue<Turn> left = new ArrayDeque<>();
    private final Set<Turn> wanted = new LinkedHashSet<>();
    private boolean isPassing;
    private boolean isFirst = true;
    private long passBeganNanos;
    private long restsUntilNanos;

    /**
     * What the node has for it.
     *
     * @param isBusy whether the node does something that matters more
     * @param quarantine where wrong files are kept
     */
    record Means(LongSupplier clockNanos, BooleanSupplier isBusy, Path quarantine, ScrubCounters counters) {}

    /** A file that is to be read; the key is null of the one that takes the next batch. */
    private record Turn(UUID groupId, @Nullable CopyKey key) {}

    /**
     * @param hasNothingOf whether a group's replica failed its check at the start and was not made anew: there
     *     is no copy of anything
     */
    Scrub(
            Supplier<Collection<PartitionReplica>> replicas,
            Predicate<RaftGroupId> hasNothingOf,
            ScrubLimits limits,
            Means means) {
        this.replicas = replicas;
        this.hasNothingOf = hasNothingOf;
        this.limits = limits;
        this.means = means;
        restsUntilNanos = means.clockNanos().getAsLong();
        var pace = new ScrubPace(CatchUpRate.of(limits.bytesPerSecond()), means.isBusy(), means.counters());
        shared = new ReplicaScrub.Means(pace, means.clockNanos(), means.quarantine(), means.counters());
    }

    /** Goes on for a second or two, or as long as one file takes. An interrupt ends it. */
    void tick() {
        if (means.clockNanos().getAsLong() - restsUntilNanos < 0) {
            return;
        }
        try {
            refresh();
            for (var next = nextWanted(); next.isPresent(); next = nextWanted()) {
                look(next.get());
            }
            lookAtOneDoubt();
            passOn();
            for (var scrub : scrubs.values()) {
                scrub.compare();
                scrub.settle();
            }
            means.counters()
                    .unrepaired(scrubs.values().stream()
                            .mapToLong(ReplicaScrub::unrepaired)
                            .sum());
        } catch (InterruptedException | InterruptedIOException | ClosedByInterruptException e) {
            Thread.currentThread().interrupt(); // the node stops
        } catch (IOException e) {
            // Nothing of it tells of a file: no descriptors are left, perhaps.
            restsUntilNanos = means.clockNanos().getAsLong() + REST_NANOS;
            LOG.warn("the background check goes on in {} s", TimeUnit.NANOSECONDS.toSeconds(REST_NANOS), e);
        }
    }

    ScrubCounters counters() {
        return means.counters();
    }

    private void refresh() {
        var here = replicas.get();
        scrubs.values().removeIf(scrub -> !here.contains(scrub.replica()));
        for (var replica : here) {
            scrubs.computeIfAbsent(replica.groupId().getUuid(), id -> new ReplicaScrub(replica, shared));
        }
    }

    /** The next one has its turn when others' questions were answered and the pass went on a little. */
    private void lookAtOneDoubt() throws IOException, InterruptedException {
        var inSomeOrder = new ArrayList<>(scrubs.values());
        Collections.shuffle(inSomeOrder); // none waits for ever behind another one
        for (var scrub : inSomeOrder) {
            if (scrub.hasLookedAtDoubt()) {
                return;
            }
        }
    }

    private void look(Turn turn) throws IOException, InterruptedException {
        var scrub = scrubs.get(turn.groupId());
        if (scrub == null) {
            return; // it went meanwhile
        }
        if (turn.key() == null) {
            scrub.lookAtActive();
        } else {
            scrub.look(turn.key());
        }
    }

    private void passOn() throws IOException, InterruptedException {
        long now = means.clockNanos().getAsLong();
        if (!isPassing && (isFirst || now - passBeganNanos >= limits.interval().toNanos())) {
            beginPass(now);
        }
        while (!left.isEmpty() && means.clockNanos().getAsLong() - now < SLICE_NANOS && !isAnythingWanted()) {
            lookAtNext();
        }
        if (isPassing && left.isEmpty()) {
            isPassing = false;
            means.counters().passed(passBeganNanos);
        }
    }

    /** One that cannot be read now has another turn in the same pass, behind the others. */
    private void lookAtNext() throws IOException, InterruptedException {
        var turn = left.remove();
        try {
            look(turn);
        } catch (IOException e) {
            left.add(turn);
            throw e;
        }
    }

    private void beginPass(long now) {
        passBeganNanos = now;
        isPassing = true;
        isFirst = false;
        var all = new ArrayList<Turn>();
        scrubs.forEach((groupId, scrub) -> {
            scrub.tidy();
            scrub.replica()
                    .state()
                    .log()
                    .scrub()
                    .sealed()
                    .forEach(each -> all.add(new Turn(groupId, CopyKey.of(each))));
            all.add(new Turn(groupId, null));
        });
        Collections.shuffle(all);
        left.addAll(all);
    }

    private Optional<Turn> nextWanted() {
        synchronized (wanted) {
            var next = wanted.stream().findFirst();
            next.ifPresent(wanted::remove);
            return next;
        }
    }

    private boolean isAnythingWanted() {
        synchronized (wanted) {
            return !wanted.isEmpty();
        }
    }

    /** Another node asks what is known of copies. What it wants to have read anew has the next turn. */
    CompletableFuture<byte[]> answer(int fromNode, byte[] request) {
        try {
            var question = CopyMessages.decodeQuestion(request);
            return CompletableFuture.completedFuture(CopyMessages.encode(question.keys(), reports(question)));
        } catch (IOException | IllegalArgumentException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private List<CopyReport> reports(CopyMessages.Question question) throws IOException {
        if (!scrubs.containsKey(question.groupId())) {
            refresh(); // it may have been opened just now
        }
        var scrub = scrubs.get(question.groupId());
        if (scrub != null) {
            return question.keys().stream()
                    .map(key -> report(scrub, question, key))
                    .toList();
        }
        if (!hasNothingOf.test(RaftGroupId.valueOf(question.groupId()))) {
            throw new IOException("group " + question.groupId() + " is not open on this node");
        }
        return Collections.nCopies(question.keys().size(), CopyReport.ABSENT);
    }

    private CopyReport report(ReplicaScrub scrub, CopyMessages.Question question, CopyKey key) {
        var report = scrub.report(key, TimeUnit.MILLISECONDS.toNanos(question.withinMs()));
        if (report.kind() == CopyReport.Kind.PENDING && question.withinMs() > 0) {
            want(new Turn(question.groupId(), key));
        }
        return report;
    }

    private void want(Turn turn) {
        synchronized (wanted) {
            if (wanted.size() < WANTED_MAX) { // else whoever wants it asks again
                wanted.add(turn);
            }
        }
    }
}
