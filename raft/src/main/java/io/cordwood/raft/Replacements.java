package io.cordwood.raft;

import io.cordwood.metadata.DeadReplicas;
import io.cordwood.metadata.DeadReplicas.DeadReplica;
import io.cordwood.metadata.DeadReplicas.Standing;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the metadata leader does about nodes that have been dead for long: gives their replicas to others, a
 * few at a time, as an operator would who moves them. An order is given only where the partition's leader
 * and the taker can begin with it, so what waits is not ordered, and nothing has to be taken back when the
 * node returns; of what is ordered it calls off what the taker has not even opened, and lets the rest finish.
 *
 * <p>Invariants: one step at a time, decided by looking at an image that shows all steps before it; each
 * names that image, and the rules refuse it where the partition changed since. What an operator calls off is
 * not ordered again before as much time has passed as a dead node has. How long a node is dead, and which
 * orders are this object's, is not replicated: a new leader counts anew, and of what it finds under way it
 * calls nothing off.
 *
 * <p>Thread: one, the node's duties.
 */
final class Replacements {
    private static final Logger LOG = LoggerFactory.getLogger(Replacements.class);
    /** Joining replicas of one node, whoever ordered them: as many as catch up at once by default. */
    static final int PER_TAKER = 2;
    /** More than these are not fed by one leader at once. */
    static final int PER_LEADER = MemberChanges.MAX_JOINS;

    /** Between looks where nothing can begin: the image changes with every command, of whatever kind. */
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

    private final @Nullable Duration after;
    private final LongSupplier clockNanos;
    private final Ports ports;
    /** By incarnation. */
    private final Map<String, Long> deadSinceNanos = new HashMap<>();
    /** By raft group. */
    private final Map<UUID, Order> orders = new HashMap<>();
    /** By raft group since when somebody else called off what was ordered there. */
    private final Map<UUID, Long> declinedNanos = new HashMap<>();
    /** What the log says already, by node. */
    private final Map<Integer, String> said = new HashMap<>();

    private CompletableFuture<Optional<Order>> step = nothing();
    private long lookedNanos;
    private long lookedIndex = -1;
    /** At the newest look; true before the first one, for which nothing is waited. */
    private boolean hasBegun = true;

    /**
     * What it asks of others.
     *
     * @param hasRoom whether a node's disks have, for replicas of others, as far as it is known here
     * @param submit has the metadata leader apply a command
     */
    record Ports(
            IntPredicate hasRoom,
            Function<MetadataCommand, CompletableFuture<MetadataResult>> submit,
            OpenQuestion isOpen) {}

    /** Whether a node has opened the group that it joins since this raft index. */
    interface OpenQuestion {
        CompletableFuture<Boolean> ask(int node, UUID groupId, long since);
    }

    /**
     * @param since raft index at which the joining began; 0 where the image did not show it yet
     * @param finishes whether it does so though the node is back
     */
    private record Order(AlterReplicas command, UUID groupId, long since, boolean finishes) {
        /** A move off a node that is under way, whoever ordered it: it finishes. */
        static Optional<Order> found(MetadataImage.Replica replica, int from) {
            var changes = replica.partition().changes();
            if (!changes.is(from, ReplicaChange.Kind.LEAVING)) {
                return Optional.empty();
            }
            // Who joins for it began when it was told to leave; others that rejoin, later.
            return changes.byNode().entrySet().stream()
                    .filter(change -> change.getValue().kind() == ReplicaChange.Kind.JOINING)
                    .min(Comparator.comparingLong(change -> change.getValue().since()))
                    .map(joins -> new Order(
                            new AlterReplicas(
                                    replica.topic().topicId(),
                                    replica.partition().partition(),
                                    OptionalInt.of(joins.getKey()),
                                    OptionalInt.of(from)),
                            replica.partition().raftGroupId(),
                            joins.getValue().since(),
                            true));
        }

        int from() {
            return command.remove().orElseThrow();
        }

        int to() {
            return command.add().orElseThrow();
        }

        Order begunAt(long index) {
            return new Order(command, groupId, index, finishes);
        }

        Order finishing() {
            return new Order(command, groupId, since, true);
        }

        boolean isJoining(PartitionInfo partition) {
            return partition
                    .changes()
                    .of(to())
                    .filter(change -> change.kind() == ReplicaChange.Kind.JOINING)
                    .filter(change -> since == 0 || change.since() == since)
                    .isPresent();
        }

        /**
         * Whether the node that was to give its replica up has it then as it was before. One that was whole and
         * does not await this joining, because that began anew, would be lost.
         */
        boolean canBeTakenBack(PartitionInfo partition) {
            var changes = partition.changes();
            return changes.awaitsSuccessor(from())
                    || changes.of(from())
                            .filter(change ->
                                    change.since() <= command.seenIndex().orElse(0))
                            .isPresent();
        }
    }

    /** @param after a node that has been dead for longer is not waited for; null where every one is */
    Replacements(@Nullable Duration after, LongSupplier clockNanos, Ports ports) {
        this.after = after;
        this.clockNanos = clockNanos;
        this.ports = ports;
    }

    private static CompletableFuture<Optional<Order>> nothing() {
        return CompletableFuture.completedFuture(Optional.empty());
    }

    /** This node is not the leader: what it saw before says nothing later. */
    void rest() {
        deadSinceNanos.clear();
        orders.clear();
        declinedNanos.clear();
        said.clear();
        lookedIndex = -1;
        hasBegun = true;
        if (step.isDone()) {
            step = nothing(); // else it would count for an order of the next leadership
        }
    }

    /** @param newest asked after the step before is known to be done: its image shows that */
    void tick(Supplier<MetadataImage> newest) {
        if (after == null) {
            return;
        }
        long now = clockNanos.getAsLong();
        watch(newest.get(), now); // a step may take longer than a node is back in between
        if (!step.isDone()) {
            return;
        }
        var image = newest.get();
        if (image.featureLevel() < MetadataCommand.UNATTENDED_CHANGES) {
            return;
        }
        step.join().ifPresent(order -> orders.put(order.groupId(), order));
        step = nothing();
        boolean mayWait = !hasBegun || image.index() == lookedIndex;
        if (mayWait && now - lookedNanos < LOOK_NANOS) {
            return;
        }
        lookedIndex = image.index();
        lookedNanos = now;
        adopt(image);
        follow(image, now);
        hasBegun = callOff(image) || order(image, now, after);
    }

    private void watch(MetadataImage image, long now) {
        var dead = image.nodesIn(NodeState.DEAD);
        deadSinceNanos
                .keySet()
                .retainAll(dead.stream().map(NodeInfo::incarnation).collect(Collectors.toSet()));
        said.keySet().retainAll(dead.stream().map(NodeInfo::nodeId).collect(Collectors.toSet()));
        dead.forEach(node -> deadSinceNanos.putIfAbsent(node.incarnation(), now));
    }

    /** Of a leader before, or of an operator: it is known here for the case that somebody calls it off. */
    private void adopt(MetadataImage image) {
        for (NodeInfo node : image.nodesIn(NodeState.DEAD)) {
            image.replicasOn(node.nodeId()).stream()
                    .flatMap(replica -> Order.found(replica, node.nodeId()).stream())
                    .forEach(order -> orders.putIfAbsent(order.groupId(), order));
        }
    }

    /** Ends those that are over. */
    private void follow(MetadataImage image, long now) {
        for (Order order : List.copyOf(orders.values())) {
            var partition = find(image, order);
            if (partition.isEmpty()) { // the topic is deleted
                orders.remove(order.groupId());
            } else if (order.isJoining(partition.get())) {
                long since =
                        partition.get().changes().of(order.to()).orElseThrow().since();
                orders.put(order.groupId(), order.begunAt(since));
            } else if (!isLeaving(order.from(), partition.get())) {
                end(order, partition.get(), image, now);
            }
        }
    }

    private static boolean isLeaving(int node, PartitionInfo partition) {
        return partition.changes().is(node, ReplicaChange.Kind.LEAVING);
    }

    private void end(Order order, PartitionInfo partition, MetadataImage image, long now) {
        orders.remove(order.groupId());
        if (!partition.replicas().contains(order.from())) {
            LOG.info(
                    "{}: node {} has the replica of node {} now",
                    where(order.command(), image),
                    order.to(),
                    order.from());
            return;
        }
        LOG.info(
                "{}: somebody called off that node {} takes the replica of node {}: that is not ordered again for as"
                        + " long as a dead node is waited for",
                where(order.command(), image),
                order.to(),
                order.from());
        declinedNanos.put(order.groupId(), now);
    }

    private static Optional<PartitionInfo> find(MetadataImage image, Order order) {
        return image.topic(order.command().topicId())
                .flatMap(topic -> topic.partition(order.command().partition()));
    }

    /**
     * Where the node is back before its successor has begun, it keeps its replica. Returns whether it asks for
     * something.
     */
    private boolean callOff(MetadataImage image) {
        var returned = orders.values().stream()
                .filter(order -> !order.finishes() && order.since() > 0)
                .filter(order -> find(image, order)
                        .filter(order::isJoining)
                        .filter(order::canBeTakenBack)
                        .isPresent())
                .filter(order ->
                        image.node(order.from()).filter(NodeInfo::answers).isPresent())
                .findFirst();
        returned.ifPresent(order -> {
            orders.remove(order.groupId());
            step = CompletableFuture.completedFuture(order)
                    .thenCompose(asked -> ports.isOpen().ask(asked.to(), asked.groupId(), asked.since()))
                    .exceptionally(failure -> false)
                    .thenCompose(open -> open ? leaveIt(order, image) : takeBack(order, image));
        });
        return returned.isPresent();
    }

    private static CompletableFuture<Optional<Order>> leaveIt(Order order, MetadataImage image) {
        LOG.info(
                "{}: node {} is back, but node {} takes its replica already",
                where(order.command(), image),
                order.from(),
                order.to());
        return CompletableFuture.completedFuture(Optional.of(order.finishing()));
    }

    /** Where that is not decided now, it is tried again. */
    private CompletableFuture<Optional<Order>> takeBack(Order order, MetadataImage image) {
        LOG.info(
                "{}: node {} is back and keeps its replica, node {} has not begun to take it",
                where(order.command(), image),
                order.from(),
                order.to());
        var command = new AlterReplicas(
                order.command().topicId(),
                order.command().partition(),
                OptionalInt.empty(),
                OptionalInt.of(order.to()),
                OptionalLong.of(image.index()));
        return submit(command, image).thenApply(done -> done ? Optional.empty() : Optional.of(order));
    }

    /** Returns whether it asks for something. */
    private boolean order(MetadataImage image, long now, Duration delay) {
        declinedNanos.values().removeIf(since -> now - since > delay.toNanos());
        var due = image.nodesIn(NodeState.DEAD).stream()
                .filter(node -> now - deadSinceNanos.getOrDefault(node.incarnation(), now) > delay.toNanos())
                .toList();
        if (due.isEmpty()) {
            return false;
        }
        var load = Load.of(image);
        var dead = new DeadReplicas(image, withoutRoom(image), load.busy());
        for (NodeInfo node : due) {
            var replicas = dead.on(node.nodeId());
            tell(node, replicas, delay);
            var next = replicas.stream()
                    .filter(replica -> replica.order()
                            .filter(order -> mayBegin(order, replica.replica().partition(), load))
                            .isPresent())
                    .findFirst();
            if (next.isPresent()) {
                begin(next.get(), image);
                return true;
            }
        }
        return false;
    }

    private boolean mayBegin(AlterReplicas order, PartitionInfo partition, Load load) {
        return order.add().isEmpty()
                || (!declinedNanos.containsKey(partition.raftGroupId())
                        && load.allows(order.add().getAsInt(), partition));
    }

    private Set<Integer> withoutRoom(MetadataImage image) {
        return image.nodes().keySet().stream()
                .filter(node -> !ports.hasRoom().test(node))
                .collect(Collectors.toSet());
    }

    private void begin(DeadReplica replica, MetadataImage image) {
        var command = replica.order().orElseThrow();
        var group = replica.replica().partition().raftGroupId();
        var where = where(command, image);
        if (command.add().isEmpty()) {
            LOG.info("{}: node {} is dead and takes no replica: its joining is called off", where, replica.nodeId());
            orders.remove(group); // nobody else called it off
            step = submit(command, image).thenApply(done -> Optional.empty());
            return;
        }
        int taker = command.add().getAsInt();
        LOG.info("{}: node {} takes the replica of node {}, which is dead", where, taker, replica.nodeId());
        var order = new Order(command, group, 0, false);
        step = submit(command, image).thenApply(done -> done ? Optional.of(order) : Optional.empty());
    }

    /** Completes with whether it is done, never exceptionally, nor does it throw. */
    private CompletableFuture<Boolean> submit(AlterReplicas command, MetadataImage image) {
        return CompletableFuture.<MetadataCommand>completedFuture(command)
                .thenCompose(ports.submit())
                .handle((result, failure) -> {
                    if (failure != null) {
                        LOG.warn("{}: {} is not decided: {}", where(command, image), command, failure.getMessage());
                    } else if (result instanceof MetadataResult.Refused refused) {
                        LOG.info("{}: its replicas stay as they are: {}", where(command, image), refused.message());
                    }
                    return result instanceof MetadataResult.Done;
                });
    }

    /** Says once what becomes of a node's replicas, and again where others of them cannot go. */
    private void tell(NodeInfo node, List<DeadReplica> replicas, Duration delay) {
        var stay = replicas.stream()
                .filter(replica ->
                        replica.standing() == Standing.NO_TAKER || replica.standing() == Standing.NO_MAJORITY)
                .toList();
        var what = replicas.isEmpty() ? "has no replicas any more" : "loses its replicas to other nodes";
        if (!stay.isEmpty()) {
            var first = stay.get(0);
            what += ", but for " + stay.size() + " that stay; "
                    + first.replica().topic().name() + "-"
                    + first.replica().partition().partition() + ": " + first.why();
        }
        if (!what.equals(said.put(node.nodeId(), what))) {
            LOG.info("node {}, dead for more than {} s, {}", node.nodeId(), delay.toSeconds(), what);
        }
    }

    private static String where(AlterReplicas command, MetadataImage image) {
        var topic = image.topic(command.topicId())
                .map(found -> found.name())
                .orElseGet(() -> command.topicId().toString());
        return "topic " + topic + " partition " + command.partition();
    }

    /** How many replicas are being built, by who gets them and by who feeds them. */
    private record Load(Map<Integer, Integer> takers, Map<Integer, Integer> leaders) {
        static Load of(MetadataImage image) {
            var load = new Load(new HashMap<>(), new HashMap<>());
            image.topics().values().stream()
                    .flatMap(topic ->
                            topic.partitions().stream().map(partition -> new MetadataImage.Replica(topic, partition)))
                    .filter(replica -> replica.partition().changes().any(ReplicaChange.Kind.JOINING))
                    .filter(replica -> isFed(replica, image))
                    .forEach(replica -> load.add(replica.partition(), image));
            return load;
        }

        /** A leader that lost its majority stays in the image, but what joins there waits for others. */
        private static boolean isFed(MetadataImage.Replica replica, MetadataImage image) {
            return replica.partition().leader().isPresent() && DeadReplicas.canDecide(replica, image);
        }

        private void add(PartitionInfo partition, MetadataImage image) {
            partition.changes().byNode().forEach((node, change) -> {
                // Who does not run is not fed: what joins a dead node must not keep itself from going
                // elsewhere.
                boolean runs = image.node(node).filter(NodeInfo::answers).isPresent();
                if (runs && change.kind() == ReplicaChange.Kind.JOINING) {
                    takers.merge(node, 1, Integer::sum);
                    leaders.merge(partition.leader().getAsInt(), 1, Integer::sum);
                }
            });
        }

        Set<Integer> busy() {
            return takers.entrySet().stream()
                    .filter(taker -> taker.getValue() >= PER_TAKER)
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
        }

        boolean allows(int taker, PartitionInfo partition) {
            return partition.leader().isPresent()
                    && takers.getOrDefault(taker, 0) < PER_TAKER
                    && leaders.getOrDefault(partition.leader().getAsInt(), 0) < PER_LEADER;
        }
    }
}
