package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.coordinator.Coordinator;
import io.cordwood.coordinator.CoordinatorClock;
import io.cordwood.coordinator.CoordinatorConfig;
import io.cordwood.coordinator.CoordinatorOutput;
import io.cordwood.coordinator.CoordinatorOutput.AnswerCommit;
import io.cordwood.coordinator.CoordinatorOutput.Assign;
import io.cordwood.coordinator.CoordinatorOutput.Close;
import io.cordwood.coordinator.CoordinatorOutput.Propose;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommands;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.PartitionId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A metadata group with its leaders, members of one consumer group, and a network between them that delays, reorders,
 * loses and repeats, all in virtual time and drawn from a seed. The entries of the log are bytes, as in a real one.
 */
final class GroupCluster implements CoordinatorClock {
    static final String GROUP = "payments";
    static final long HEAL_MILLIS = 20_000;
    static final long SETTLE_MILLIS = 30_000;
    static final List<String> TOPICS = List.of("orders", "offers", "other");
    private static final int TICK_MILLIS = 500;
    private static final int FORMER_LEADER_MILLIS = 3000;
    private static final CoordinatorConfig CONFIG = new CoordinatorConfig(
            GroupLimits.DEFAULT,
            50,
            100,
            40,
            20,
            10,
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            Duration.ofSeconds(20),
            Duration.ofMillis(FORMER_LEADER_MILLIS));

    final Random random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMillis).thenComparingLong(Event::number));
    private final List<byte[]> log = new ArrayList<>();
    private final List<GroupMemberModel> members = new ArrayList<>();
    /** Members by their open streams. */
    private final Map<Long, GroupMemberModel> streams = new HashMap<>();

    private MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private Leader leader;
    private long nowMillis;
    private long eventCount;
    private boolean settled;
    private long streamCount;
    private final long failoverAtEvent;
    private int failovers;
    int acceptedCommits;
    int refusedCommits;

    private record Event(long atMillis, long number, Runnable what) {}

    /** One leadership: a coordinator, and what it proposed that is not applied yet. */
    private final class Leader {
        private final Coordinator coordinator;
        private final Map<Long, GroupCommand> proposed = new HashMap<>();
        private boolean deposed;
        private boolean gone;

        Leader(Coordinator coordinator) {
            this.coordinator = coordinator;
        }

        void call(Consumer<Coordinator> input) {
            if (!gone) {
                input.accept(coordinator);
                coordinator.take().forEach(output -> act(this, output));
            }
        }
    }

    /** @param failoverAtEvent beside those by chance; -1 where there is none */
    GroupCluster(long seed, long failoverAtEvent) {
        random = new Random(seed * 0x9E3779B97F4A7C15L);
        this.failoverAtEvent = failoverAtEvent;
        var node = MetadataCommands.withFeatures(MetadataCommands.node(1, "", 100_000), 1, MetadataCommand.GROUPS);
        write(MetadataCommands.form(node));
        write(new MetadataCommand.RaiseFeatureLevel(MetadataCommand.GROUPS));
        write(MetadataCommands.topic("orders", 1 + random.nextInt(6), 1, random));
        leader = new Leader(new Coordinator(CONFIG, this, state.image()));
        int count = 2 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            members.add(new GroupMemberModel(this, i));
        }
        tick();
    }

    @Override
    public long monotonicMillis() {
        return nowMillis;
    }

    @Override
    public long wallMillis() {
        return 1_000_000 + nowMillis;
    }

    /** How long until all faults are over, and at least a moment. */
    int untilHeal() {
        return (int) Math.max(1, HEAL_MILLIS - nowMillis);
    }

    boolean healed() {
        return nowMillis >= HEAL_MILLIS;
    }

    long events() {
        return eventCount;
    }

    int failovers() {
        return failovers;
    }

    ConsumerGroup group() {
        return state.image().groups().group(GROUP).orElseThrow();
    }

    Optional<ConsumerGroup> anyGroup() {
        return state.image().groups().group(GROUP);
    }

    long committed(PartitionId partition) {
        return anyGroup()
                .flatMap(group -> group.offset(partition))
                .map(offset -> offset.offset())
                .orElse(0L);
    }

    void after(long millis, Runnable what) {
        events.add(new Event(nowMillis + millis, ++eventCount, what));
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    int between(int from, int to) {
        return from + random.nextInt(to - from + 1);
    }

    /** Hidden faults until the heal, then for as long as members may take to settle. */
    void run() {
        for (GroupMemberModel member : members) {
            after(random.nextInt(3000), member::start);
        }
        while (!settled && events.peek().atMillis() <= HEAL_MILLIS + SETTLE_MILLIS) {
            var event = events.remove();
            nowMillis = event.atMillis();
            event.what().run();
            if (event.number() == failoverAtEvent || (!healed() && chance(0.006))) {
                failOver();
            }
            if (!healed() && chance(0.002)) {
                changeTopics();
            }
            if (!healed() && chance(0.001)) {
                reset();
            }
            heldIsOwned();
        }
        settled();
        replayed();
    }

    private void tick() {
        leader.call(Coordinator::tick);
        settled = healed() && isSettled();
        after(TICK_MILLIS, this::tick);
    }

    // The network.

    private int delay() {
        return healed() ? between(1, 10) : chance(0.02) ? between(100, 4000) : between(1, 60);
    }

    /** Some time later, perhaps twice, perhaps never. */
    private void send(Runnable what) {
        if (!healed() && chance(0.05)) {
            return;
        }
        after(delay(), what);
        if (!healed() && chance(0.05)) {
            after(delay(), what);
        }
    }

    /** Opens a stream to who the member takes for the leader. */
    long open(GroupMemberModel member) {
        long stream = ++streamCount;
        streams.put(stream, member);
        var to = leader;
        member.leader = what -> send(() -> to.call(what));
        return stream;
    }

    /** The end of a stream is noticed at last, whatever the network does. */
    void broken(long stream, GroupMemberModel member) {
        streams.remove(stream);
        var to = member.leader;
        after(delay(), () -> to.accept(coordinator -> coordinator.closed(stream)));
    }

    // The log.

    private void act(Leader by, CoordinatorOutput output) {
        if (output instanceof Propose propose) {
            by.proposed.put(propose.proposalId(), propose.command());
            after(between(2, 25), () -> apply(by, propose.proposalId()));
        } else if (output instanceof Assign assign) {
            send(() -> member(assign.stream()).ifPresent(member -> member.assigned(assign)));
        } else if (output instanceof AnswerCommit answer) {
            count(answer);
        } else if (output instanceof Close close) {
            after(
                    delay(),
                    () -> member(close.stream()).ifPresent(member -> {
                        streams.remove(close.stream());
                        member.ended(close.reason().reason());
                    }));
        }
    }

    private void count(AnswerCommit answer) {
        if (answer.refused().isEmpty()) {
            acceptedCommits++;
        } else {
            refusedCommits++;
        }
    }

    private Optional<GroupMemberModel> member(long stream) {
        return Optional.ofNullable(streams.get(stream)).filter(member -> member.isOn(stream));
    }

    private void apply(Leader by, long proposalId) {
        var command = by.proposed.remove(proposalId);
        if (command == null) {
            return;
        }
        if (by.deposed) {
            by.call(coordinator -> coordinator.failed(proposalId));
            return;
        }
        var result = write(command);
        by.call(coordinator -> coordinator.applied(state.image()));
        by.call(coordinator -> coordinator.answered(proposalId, result));
        if (!healed() && chance(0.01)) {
            write(command); // a client of Ratis that tries again
            by.call(coordinator -> coordinator.applied(state.image()));
        }
    }

    private MetadataResult write(MetadataCommand command) {
        var bytes = MetadataCodec.encode(command);
        var before = state.image();
        log.add(bytes);
        var decoded = MetadataCodec.decodeCommand(ByteBuffer.wrap(bytes));
        var result = state.apply(decoded, log.size());
        GroupInvariants.check(before, decoded, result, state.image());
        return result;
    }

    /**
     * Of what the old leader proposed the first few entries get into the log, the others never do. It believes that it
     * leads for a while, and members that are connected to it believe so too.
     */
    void failOver() {
        failovers++;
        var old = leader;
        old.deposed = true;
        int survive = random.nextInt(old.proposed.size() + 1);
        old.proposed.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .limit(survive)
                .map(Map.Entry::getValue)
                .forEach(this::write);
        var bytes = snapshot(state);
        state = new MetadataState(
                MetadataCodec.decodeSnapshot(ByteBuffer.wrap(bytes)).image());
        assertThat(snapshot(state)).isEqualTo(bytes);
        leader = new Leader(new Coordinator(CONFIG, this, state.image()));
        after(between(1, FORMER_LEADER_MILLIS), () -> {
            old.gone = true;
            var open = streams.entrySet().stream()
                    .filter(entry -> entry.getValue().opened == old.coordinator)
                    .map(Map.Entry::getKey)
                    .sorted()
                    .toList();
            open.forEach(stream -> member(stream).ifPresent(member -> member.ended(GroupReason.UNAVAILABLE)));
        });
    }

    Coordinator coordinator() {
        return leader.coordinator;
    }

    private byte[] snapshot(MetadataState of) {
        return MetadataCodec.encode(new MetadataCodec.Snapshot(1, log.size(), of.image()));
    }

    private void changeTopics() {
        var name = TOPICS.get(random.nextInt(TOPICS.size()));
        var topic = state.image().topic(name);
        if (topic.isEmpty()) {
            write(MetadataCommands.topic(name, 1 + random.nextInt(4), 1, random));
        } else if (random.nextInt(3) == 0) {
            write(new MetadataCommand.DeleteTopic(topic.get().topicId()));
        } else {
            var id = new UUID(random.nextLong(), random.nextLong());
            int total = topic.get().partitions().size() + 1;
            write(new MetadataCommand.AddPartitions(topic.get().topicId(), total, List.of(id)));
        }
        leader.call(coordinator -> coordinator.applied(state.image()));
    }

    private void reset() {
        anyGroup().ifPresent(group -> {
            var offsets = group.offsets().keySet().stream()
                    .limit(2)
                    .map(id -> new GroupCommand.PartitionOffset(id, random.nextInt(5), -1, "reset"))
                    .toList();
            write(new GroupCommand.ResetOffsets(
                    wallMillis(), GroupLimits.DEFAULT, GROUP, offsets, random.nextBoolean(), false));
            leader.call(coordinator -> coordinator.applied(state.image()));
        });
    }

    // What must hold.

    /** What a live member processes is its own: nobody else was given it. */
    private void heldIsOwned() {
        var group = anyGroup();
        for (GroupMemberModel member : members) {
            var known = group.flatMap(found -> found.membership().member(member.memberId()));
            if (known.isPresent()) {
                for (PartitionId id : member.held().keySet()) {
                    var partition = group.get().membership().partitions().get(id);
                    boolean deleted = state.image().topic(id.topicId()).isEmpty();
                    boolean own = partition != null && partition.isOwnedBy(member.memberId());
                    if (!deleted && !own) {
                        throw new AssertionError("OneOwnerPerPartition: member " + member.memberId() + " processes "
                                + id + ", which is " + partition);
                    }
                }
            }
        }
    }

    /** Whether nothing is left to be waited for; {@link #settled} says what is not as it shall be. */
    private boolean isSettled() {
        var alive = members.stream().filter(GroupMemberModel::isAlive).toList();
        var known = anyGroup().map(ConsumerGroup::membership);
        if (known.isEmpty() || known.get().members().size() != alive.size()) {
            return false;
        }
        var membership = known.get();
        return membership.isStable()
                && membership.isCurrent(membership.patterns(), state.image())
                && alive.stream()
                        .allMatch(member -> member.held()
                                .equals(membership.assignment(member.memberId()).assigned()));
    }

    private void settled() {
        var alive = members.stream().filter(GroupMemberModel::isAlive).toList();
        if (alive.isEmpty()) {
            return;
        }
        var membership = group().membership();
        assertThat(membership.isStable()).as("stable").isTrue();
        assertThat(membership.isCurrent(membership.patterns(), state.image()))
                .as("knows the topics")
                .isTrue();
        assertThat(membership.members()).hasSameSizeAs(alive);
        membership.topics().forEach((topicId, count) -> {
            for (int partition = 0; partition < count; partition++) {
                assertThat(membership.partitions().get(new PartitionId(topicId, partition)))
                        .as("owner of partition %d", partition)
                        .matches(found -> found != null && found.isOwned());
            }
        });
        for (GroupMemberModel member : alive) {
            assertThat(member.held())
                    .isEqualTo(membership.assignment(member.memberId()).assigned());
        }
    }

    private void replayed() {
        var replay = new MetadataState(MetadataImage.EMPTY);
        for (int i = 0; i < log.size(); i++) {
            replay.apply(MetadataCodec.decodeCommand(ByteBuffer.wrap(log.get(i))), i + 1);
        }
        assertThat(snapshot(replay)).as("replay").isEqualTo(snapshot(state));
    }

    /** The log's bytes, as one number. */
    int print() {
        return log.stream().map(ByteBuffer::wrap).toList().hashCode();
    }
}
