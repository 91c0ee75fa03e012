package io.cordwood.raft;

import io.cordwood.coordinator.CommitRequest;
import io.cordwood.coordinator.Coordinator;
import io.cordwood.coordinator.CoordinatorOutput.Assign;
import io.cordwood.coordinator.MemberHello;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.metadata.PartitionId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A member as a client runs it: pings, processes what is its own, commits, takes its time over what it is asked to give
 * up, and comes back when its stream ends. Until the heal it is paused, killed, started again, or leaves now and then.
 */
final class GroupMemberModel {
    private static final int PING_MILLIS = 2500;
    private static final int COMMIT_MILLIS = 1200;
    private static final int CONNECT_MILLIS = 3000;

    /** How to reach the coordinator that the stream was opened to. */
    Consumer<Consumer<Coordinator>> leader = what -> {};

    @Nullable
    Coordinator opened;

    private final GroupCluster world;
    private final String instanceId;
    private final int number;
    private final SortedMap<PartitionId, Long> held = new TreeMap<>();
    private final Map<PartitionId, Long> positions = new TreeMap<>();
    /** What it is about to give up, and processes still. */
    private final TreeSet<PartitionId> finishing = new TreeSet<>();

    private final List<Runnable> whilePaused = new ArrayList<>();

    private GroupSubscription subscription = GroupSubscription.of("orders");
    private String memberId = "";
    private long epoch;
    private long stream;
    private long requests;
    private int lives;
    private boolean alive;
    private boolean paused;
    private boolean heardSinceConnect;

    GroupMemberModel(GroupCluster world, int number) {
        this.world = world;
        this.number = number;
        instanceId = world.chance(0.3) ? "instance-" + number : "";
    }

    String memberId() {
        return memberId;
    }

    boolean isAlive() {
        return alive;
    }

    boolean isOn(long candidate) {
        return alive && stream == candidate;
    }

    SortedMap<PartitionId, Long> held() {
        return alive ? held : Collections.emptySortedMap();
    }

    void start() {
        alive = true;
        paused = false;
        lives++;
        int life = lives;
        begin();
        subscription = switch (world.random.nextInt(4)) {
            case 0 -> new GroupSubscription(new TreeSet<>(), "o.*");
            case 1 -> GroupSubscription.of("orders", "offers");
            default -> GroupSubscription.of("orders");
        };
        connect();
        every(life, PING_MILLIS, () -> leader.accept(pinging()));
        every(life, COMMIT_MILLIS, this::processAndCommit);
        every(life, 1000, this::fate);
    }

    /** As somebody new. */
    private void begin() {
        memberId = "member-" + number + "-" + world.random.nextInt(1 << 30);
        epoch = 0;
        drop();
    }

    private void drop() {
        held.clear();
        positions.clear();
        finishing.clear();
    }

    private void every(int life, int millis, Runnable what) {
        world.after(millis, () -> {
            if (alive && lives == life) {
                whenAwake(() -> {
                    if (lives == life) {
                        what.run();
                    }
                });
                every(life, millis, what);
            }
        });
    }

    private void whenAwake(Runnable what) {
        if (paused) {
            whilePaused.add(what);
        } else {
            what.run();
        }
    }

    private void connect() {
        stream = world.open(this);
        opened = world.coordinator();
        heardSinceConnect = false;
        long own = stream;
        var hello = new MemberHello(
                GroupCluster.GROUP,
                memberId,
                epoch,
                "model",
                instanceId,
                "",
                "host",
                subscription,
                GroupSettings.DEFAULT);
        leader.accept(coordinator -> coordinator.connect(own, hello));
        world.after(CONNECT_MILLIS, () -> {
            if (isOn(own) && !heardSinceConnect) {
                whenAwake(this::reconnect);
            }
        });
    }

    private void reconnect() {
        world.broken(stream, this);
        connect();
    }

    private Consumer<Coordinator> pinging() {
        long own = stream;
        long ownEpoch = epoch;
        return coordinator -> coordinator.heard(own, ownEpoch, 0);
    }

    void assigned(Assign assign) {
        whenAwake(() -> {
            if (isOn(assign.stream()) && assign.assignment().epoch() >= epoch) {
                heardSinceConnect = true;
                take(assign);
            }
        });
    }

    private void take(Assign assign) {
        var now = assign.assignment();
        epoch = now.epoch();
        held.entrySet()
                .removeIf(own -> !own.getValue().equals(now.assigned().get(own.getKey()))
                        && !own.getValue().equals(now.revoked().get(own.getKey())));
        finishing.retainAll(now.revoked().keySet());
        finishing.retainAll(held.keySet());
        positions.keySet().retainAll(held.keySet());
        now.assigned().forEach((id, since) -> {
            if (!since.equals(held.get(id))) {
                held.put(id, since);
                positions.put(id, world.committed(id));
            }
        });
        var given = new ArrayList<PartitionId>();
        for (PartitionId id : now.revoked().keySet()) {
            if (!held.containsKey(id)) {
                given.add(id);
            } else if (finishing.add(id)) {
                finishLater(id);
            }
        }
        release(given);
    }

    private void finishLater(PartitionId id) {
        int life = lives;
        world.after(
                world.healed() ? world.between(1, 300) : world.between(1, 3000),
                () -> whenAwake(() -> {
                    if (alive && lives == life && finishing.remove(id)) {
                        held.remove(id);
                        positions.remove(id);
                        release(List.of(id));
                    }
                }));
    }

    private void release(List<PartitionId> given) {
        if (!given.isEmpty()) {
            long own = stream;
            long ownEpoch = epoch;
            leader.accept(coordinator -> coordinator.released(own, ownEpoch, given));
        }
    }

    /** The metadata beside each offset says since when the partition is the member's own, as it believes. */
    private void processAndCommit() {
        var offsets = new ArrayList<PartitionOffset>();
        positions.replaceAll((id, position) -> position + world.random.nextInt(5));
        positions.forEach(
                (id, position) -> offsets.add(new PartitionOffset(id, position, 0, String.valueOf(held.get(id)))));
        if (!offsets.isEmpty()) {
            long own = stream;
            var request = new CommitRequest(++requests, epoch, offsets, new TreeMap<>());
            leader.accept(coordinator -> coordinator.commit(own, request));
        }
    }

    void ended(GroupReason reason) {
        whenAwake(() -> {
            if (!alive) {
                return;
            }
            if (reason != GroupReason.UNAVAILABLE) {
                begin();
            }
            long own = stream;
            world.after(world.between(1, 500), () -> {
                if (isOn(own)) {
                    whenAwake(this::reconnect);
                }
            });
        });
    }

    /** What may befall it in one second. */
    private void fate() {
        if (world.healed()) {
            return;
        }
        int dice = world.random.nextInt(200);
        if (dice < 4) {
            pause();
        } else if (dice < 8) {
            die(world.chance(0.8));
        } else if (dice < 11) {
            leave();
        } else if (dice < 14) {
            reconnect();
        } else if (dice < 16) {
            subscription = GroupSubscription.of("orders", "other");
            reconnect();
        }
    }

    private void pause() {
        int life = lives;
        paused = true;
        world.after(Math.min(world.untilHeal(), world.between(100, 25_000)), () -> {
            if (lives == life) {
                paused = false;
                var missed = List.copyOf(whilePaused);
                whilePaused.clear();
                missed.forEach(this::whenAwake);
            }
        });
    }

    /** @param noticed whether its streams end with it, as they do unless its machine is gone too */
    private void die(boolean noticed) {
        alive = false;
        whilePaused.clear();
        paused = false;
        lives++;
        drop();
        if (noticed) {
            world.broken(stream, this);
        }
        if (world.chance(0.8)) {
            world.after(Math.min(world.untilHeal(), world.between(500, 15_000)), this::start);
        }
    }

    private void leave() {
        long own = stream;
        drop();
        leader.accept(coordinator -> coordinator.leave(own));
        die(true);
    }

    @Override
    public String toString() {
        return memberId + (instanceId.isEmpty() ? "" : " (" + instanceId + ")") + " at epoch " + epoch + " on stream "
                + stream + (heardSinceConnect ? "" : ", connecting") + (paused ? ", paused" : "");
    }
}
