package io.cordwood.server.group;

import io.cordwood.coordinator.CommitRequest;
import io.cordwood.coordinator.Coordinator;
import io.cordwood.coordinator.CoordinatorClock;
import io.cordwood.coordinator.CoordinatorConfig;
import io.cordwood.coordinator.GroupStanding;
import io.cordwood.coordinator.MemberHello;
import io.cordwood.coordinator.MemberProgress;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.PartitionId;
import io.cordwood.raft.Registration;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a {@link Coordinator} for as long as this node leads the metadata: brings it what members say and
 * what the metadata became, and does what it wants done. Each leadership begins with a new one, which gives
 * every member its full session; the streams of the one before end.
 *
 * <p>Invariants: what a stream says is taken in the order of the calls. Its sink hears nothing after its
 * end, and of the end of every leadership. The coordinator is shown an image before the answer to the
 * command that made it. What waits here is bounded by the streams and calls of the node, each of which
 * waits for one answer or a few.
 *
 * <p><b>Thread:</b> calls by any; everything else on one of its own, {@code groups-<node>}, from {@link
 * #start} to {@link #close}.
 */
public final class GroupCoordination {
    private static final Logger LOGGER = LoggerFactory.getLogger(GroupCoordination.class);
    /**
     * How often it is looked whether this node leads, and who was not heard of; several times in the
     * shortest session.
     */
    private static final Duration LOOK = Duration.ofMillis(200);

    private final Cluster cluster;
    private final CoordinatorConfig config;
    private final CoordinatorClock clock;
    private final UncaughtExceptionHandler onFailure;
    private final ScheduledThreadPoolExecutor thread;
    private final AtomicLong lastNumber = new AtomicLong();
    private final AtomicBoolean changeQueued = new AtomicBoolean();
    private volatile int sessions;

    // The rest belongs to the thread.
    private @Nullable GroupLeadership leadership;
    private boolean flushPlanned;
    private @Nullable Registration changes;

    /** @param onFailure hears of a failure that the thread does not survive */
    public GroupCoordination(
            Cluster cluster, CoordinatorConfig config, Clock wallClock, UncaughtExceptionHandler onFailure) {
        this.cluster = cluster;
        this.config = config;
        this.clock = new StallFreeClock(System::nanoTime, wallClock, LOOK.multipliedBy(2));
        this.onFailure = onFailure;
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            var created = new Thread(task, "groups-" + cluster.thisNode());
            created.setDaemon(true);
            return created;
        });
        // Rejected is only what comes after the close, when nobody waits for it any more.
        thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    }

    /** Coordinates from now on while this node leads. */
    public void start() {
        thread.execute(() -> guarded(() -> changes = cluster.onEveryChange(this::changed)));
        var unused =
                thread.scheduleWithFixedDelay(() -> guarded(this::look), 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Streams hear nothing more, and whoever waits for a commit neither. */
    public void close() throws InterruptedException {
        thread.execute(() -> Optional.ofNullable(changes).ifPresent(Registration::close));
        thread.shutdown();
        if (!thread.awaitTermination(1, TimeUnit.SECONDS)) {
            thread.shutdownNow();
        }
    }

    /** Members that are alive, as far as this node knows; 0 where it does not lead. */
    public int sessions() {
        return sessions;
    }

    /** A member says hello on a stream; what it says afterwards goes by the number that is returned. */
    public long connect(MemberHello hello, MemberSink sink) {
        long stream = lastNumber.incrementAndGet();
        execute(() -> {
            var lead = leadership;
            if (lead == null) {
                sink.ended(notLeading());
            } else if (cluster.image().featureLevel() < MetadataCommand.GROUPS) {
                sink.ended(tooEarly());
            } else {
                lead.connect(stream, hello, sink);
            }
        });
        return stream;
    }

    /** A member's ping; see {@link Coordinator#heard} and {@link Coordinator#told}. */
    public void heard(long stream, long epoch, long pingId, List<MemberProgress> held) {
        tell(coordinator -> {
            coordinator.heard(stream, epoch, pingId);
            coordinator.told(stream, held);
        });
    }

    /** A member gave partitions up; see {@link Coordinator#released}. */
    public void released(long stream, long epoch, List<PartitionId> partitions) {
        tell(coordinator -> coordinator.released(stream, epoch, partitions));
    }

    /** A member commits on its stream. */
    public void commit(long stream, CommitRequest request) {
        tell(coordinator -> coordinator.commit(stream, request));
    }

    /** A member goes. */
    public void leave(long stream) {
        tell(coordinator -> coordinator.leave(stream));
    }

    /** The stream is gone; its sink hears nothing more. */
    public void closed(long stream) {
        execute(() -> {
            var lead = leadership;
            if (lead != null) {
                lead.closed(stream);
            }
        });
    }

    /**
     * A member commits outside of its streams.
     *
     * @return refused offsets by their places in the request; fails with {@link RefusedException} where
     *     this node does not lead, or does not any more
     */
    public CompletableFuture<SortedMap<Integer, GroupRefusal>> commit(MemberRef member, CommitRequest request) {
        var answer = new CompletableFuture<SortedMap<Integer, GroupRefusal>>();
        long number = lastNumber.incrementAndGet();
        execute(() -> {
            var lead = leadership;
            if (lead == null) {
                answer.completeExceptionally(
                        notLeading().with(Refusal.OUTCOME, Refusal.NOTHING_DONE).exception());
            } else {
                lead.commit(number, member, request, answer);
            }
        });
        return answer;
    }

    /**
     * What only the metadata leader knows of a group; fails with {@link RefusedException} where this node
     * does not lead.
     */
    public CompletableFuture<GroupStanding> standing(String group) {
        return ask(lead -> lead.coordinator().standing(group));
    }

    /**
     * How many offsets a group commits per second, in the partitions where that is known.
     *
     * @return fails with {@link RefusedException} where this node does not lead
     */
    public CompletableFuture<SortedMap<PartitionId, Double>> paces(String group) {
        return ask(lead -> lead.paces(group, clock.monotonicMillis()));
    }

    private <T> CompletableFuture<T> ask(Function<GroupLeadership, T> question) {
        var answer = new CompletableFuture<T>();
        execute(() -> {
            var lead = leadership;
            if (lead == null) {
                answer.completeExceptionally(
                        notLeading().with(Refusal.OUTCOME, Refusal.NOTHING_DONE).exception());
            } else {
                answer.complete(question.apply(lead));
            }
        });
        return answer;
    }

    private void tell(Consumer<Coordinator> what) {
        execute(() -> {
            var lead = leadership;
            if (lead != null) {
                what.accept(lead.coordinator());
            }
        });
    }

    /** Has something done, with what comes of it. */
    private void execute(Runnable task) {
        thread.execute(() -> guarded(() -> {
            follow();
            task.run();
            carryOut();
            planFlush();
        }));
    }

    /** What is gathered for a moment goes on afterwards, whoever comes. */
    private void planFlush() {
        if (leadership != null && !flushPlanned) {
            flushPlanned = true;
            long delay = config.gatherDelay().toMillis() + 1;
            Runnable flush = () -> {
                flushPlanned = false;
                carryOut();
            };
            var unused = thread.schedule(() -> guarded(flush), delay, TimeUnit.MILLISECONDS);
        }
    }

    private void changed() {
        if (changeQueued.compareAndSet(false, true)) {
            thread.execute(() -> guarded(() -> {
                changeQueued.set(false);
                follow();
                carryOut();
            }));
        }
    }

    private void look() {
        follow();
        var lead = leadership;
        if (lead != null) {
            lead.coordinator().tick();
            carryOut();
        }
        sessions = lead == null ? 0 : lead.coordinator().sessionCount();
    }

    /** Leads where this node does, with the newest image. */
    private void follow() {
        var term = cluster.leadingTerm();
        var lead = leadership;
        if (lead != null && (term.isEmpty() || term.getAsLong() != lead.term())) {
            LOGGER.info(
                    "node {} coordinates consumer groups no longer: its term {} is over",
                    cluster.thisNode(),
                    lead.term());
            leadership = null;
            lead.end(notLeading());
        }
        if (leadership == null && term.isPresent()) {
            // Read behind the term: it shows all that was written before this leadership.
            var image = cluster.image();
            leadership = new GroupLeadership(term.getAsLong(), new Coordinator(config, clock, image), image);
            LOGGER.info("node {} coordinates consumer groups in term {}", cluster.thisNode(), term.getAsLong());
        } else if (leadership != null) {
            leadership.see(cluster.image());
        }
    }

    private void carryOut() {
        var lead = leadership;
        if (lead != null) {
            lead.carryOut((proposalId, command) -> submit(lead, proposalId, command));
        }
    }

    private void submit(GroupLeadership lead, long proposalId, GroupCommand command) {
        var unused = cluster.submitHere(command)
                .whenComplete((result, failure) -> execute(() -> {
                    if (failure != null) {
                        LOGGER.warn("a command about groups is not confirmed: {}", failure.toString());
                    } else if (result instanceof MetadataResult.Refused refused) {
                        LOGGER.warn("a command about groups is refused: {}", refused.message());
                    }
                    if (leadership == lead) {
                        lead.answered(proposalId, Optional.ofNullable(result));
                        lead.applied(command, result, clock.monotonicMillis());
                    }
                }));
    }

    /** Why this node does nothing for members. */
    private Refusal notLeading() {
        var leader = cluster.metadataLeader();
        if (leader.isEmpty() || leader.getAsInt() == cluster.thisNode()) {
            return Refusal.of(
                    Reason.METADATA_UNAVAILABLE, "the metadata has no leader at the moment; try again shortly");
        }
        return Refusal.of(
                        Reason.NOT_LEADER,
                        "node " + cluster.thisNode() + " does not lead the metadata; ask node " + leader.getAsInt())
                .with(Refusal.LEADER_NODE_ID, leader.getAsInt());
    }

    private Refusal tooEarly() {
        return Refusal.field(
                Reason.FEATURE_NOT_ENABLED,
                "feature level",
                cluster.image().featureLevel(),
                "at least " + MetadataCommand.GROUPS + " for consumer groups: run the newer program on all nodes");
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) { // the executor would keep it to itself
            onFailure.uncaughtException(Thread.currentThread(), e);
            throw e;
        }
    }
}
