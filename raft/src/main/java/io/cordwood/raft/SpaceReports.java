package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.DiskReport;
import io.cordwood.proto.internal.v1.SpaceReport;
import io.cordwood.raft.AppendOutcome.NoRoom;
import io.cordwood.raft.DiskSpace.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * How much room other nodes have, as they say themselves: straight from node to node, because who leads a
 * partition must know it of the partition's other replicas, whatever becomes of the metadata.
 *
 * <p>Invariant: that a node has no room counts for {@link #VALID}: it repeats it while it is so, and one
 * that went silent is a matter of elections. A node whose program is older says and hears nothing, and
 * counts as one with room.
 *
 * <p>Thread: any.
 */
final class SpaceReports {
    static final Duration EVERY = Duration.ofSeconds(1);
    static final Duration VALID = Duration.ofSeconds(5);
    /** Of how much room one has: it says that less often. */
    static final Duration SHOWN = Duration.ofSeconds(15);

    private static final String METHOD = "SpaceReport";
    private static final byte[] NOTHING = new byte[0];

    private final NodeTransport transport;
    private final LongSupplier clockNanos;
    private final Map<Integer, Heard> heard = new ConcurrentHashMap<>();

    private record Heard(List<NodeDisk> disks, Optional<NoRoom> noRoom, long nanos) {}

    SpaceReports(NodeTransport transport, LongSupplier clockNanos) {
        this.transport = transport;
        this.clockNanos = clockNanos;
    }

    /** Takes the reports of other nodes from now on. */
    void serve() {
        transport.handle(METHOD, (from, report) -> {
            heard(from, report);
            return CompletableFuture.completedFuture(NOTHING);
        });
    }

    void heard(int from, byte[] bytes) {
        try {
            var disks = SpaceReport.parseFrom(bytes).getDisksList().stream()
                    .map(disk -> new NodeDisk(
                            disk.getDirectory(), disk.getFreeBytes(), disk.getFloorBytes(), Level.of(disk.getLevel())))
                    .toList();
            heard.put(from, new Heard(disks, NodeDisk.noRoom(from, disks), clockNanos.getAsLong()));
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("space report does not parse", e);
        }
    }

    /** Tells a node; whether it hears does not matter, it is told again. */
    void tell(int node, List<NodeDisk> own) {
        var unused = transport.call(node, METHOD, encode(own), EVERY);
    }

    static byte[] encode(List<NodeDisk> own) {
        var report = SpaceReport.newBuilder();
        own.forEach(disk -> report.addDisks(DiskReport.newBuilder()
                .setDirectory(disk.directory())
                .setFreeBytes(disk.freeBytes())
                .setFloorBytes(disk.floorBytes())
                .setLevel(disk.level().number())));
        return report.build().toByteArray();
    }

    /** Cheap, and true for a while longer than need be. */
    boolean isAnyWithoutRoom() {
        return heard.values().stream().anyMatch(report -> report.noRoom().isPresent());
    }

    boolean hasRoom(int node) {
        return of(node).isEmpty();
    }

    /** What another node says; empty where it has room, as far as it is known here. */
    Optional<NoRoom> of(int node) {
        return newest(node, VALID).flatMap(Heard::noRoom);
    }

    /** Those of another node; none where it has not told of them lately. */
    List<NodeDisk> disks(int node) {
        return newest(node, SHOWN).map(Heard::disks).orElseGet(List::of);
    }

    private Optional<Heard> newest(int node, Duration valid) {
        return Optional.ofNullable(heard.get(node))
                .filter(report -> clockNanos.getAsLong() - report.nanos() <= valid.toNanos());
    }
}
