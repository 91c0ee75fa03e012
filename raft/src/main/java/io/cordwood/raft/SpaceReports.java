package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.SpaceReport;
import io.cordwood.raft.AppendOutcome.NoRoom;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which other nodes have no room, as they say themselves: straight from node to node, because who leads a
 * partition must know it of the partition's other replicas, whatever becomes of the metadata.
 *
 * <p>Invariant: what a node said counts for {@link #VALID}: it repeats it while it is so, and one that went
 * silent is a matter of elections. A node whose program is older says and hears nothing, and counts as one
 * with room.
 *
 * <p>Thread: any.
 */
final class SpaceReports {
    static final Duration EVERY = Duration.ofSeconds(1);
    static final Duration VALID = Duration.ofSeconds(5);

    private static final String METHOD = "SpaceReport";
    private static final byte[] NOTHING = new byte[0];

    private final NodeTransport transport;
    private final LongSupplier clockNanos;
    private final Map<Integer, Heard> heard = new ConcurrentHashMap<>();

    private record Heard(NoRoom report, long nanos) {}

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
            var report = SpaceReport.parseFrom(bytes);
            if (report.getDirectory().isEmpty()) {
                heard.remove(from);
            } else {
                var noRoom = new NoRoom(from, report.getDirectory(), report.getFreeBytes(), report.getFloorBytes());
                heard.put(from, new Heard(noRoom, clockNanos.getAsLong()));
            }
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("space report does not parse", e);
        }
    }

    /** Tells a node; whether it hears does not matter, it is told again. */
    void tell(int node, @Nullable NoRoom own) {
        var unused = transport.call(node, METHOD, encode(own), EVERY);
    }

    static byte[] encode(@Nullable NoRoom own) {
        var report = SpaceReport.newBuilder();
        if (own != null) {
            report.setDirectory(own.directory()).setFreeBytes(own.freeBytes()).setFloorBytes(own.floorBytes());
        }
        return report.build().toByteArray();
    }

    /** Cheap, and true for a while longer than need be. */
    boolean isAnyWithoutRoom() {
        return !heard.isEmpty();
    }

    boolean hasRoom(int node) {
        return of(node).isEmpty();
    }

    /** What another node says; empty where it has room, as far as it is known here. */
    Optional<NoRoom> of(int node) {
        var newest = heard.get(node);
        return newest == null || clockNanos.getAsLong() - newest.nanos() > VALID.toNanos()
                ? Optional.empty()
                : Optional.of(newest.report());
    }
}
