package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.LogConfig;
import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Damages the files of a stopped replica, one after the other, and looks each time what a start makes of
 * it: nothing is changed, or the replica is set aside, or the node refuses; whatever else comes of it is an
 * error.
 */
final class DamageSuite implements AutoCloseable {
    /** What became of a damaged replica. */
    enum Outcome {
        NO_EFFECT,
        SET_ASIDE,
        REFUSED
    }

    /** How a start looks at the group. */
    enum Role {
        PARTITION,
        METADATA
    }

    private static final int ENTRY_MAX_BYTES = 2 << 20;

    private final ReplicaFiles files;
    private final PartitionNode node;
    private final PartitionReplicas replicas;
    private final PartitionContext context;
    private final Role role;
    private final Map<Path, byte[]> originals = new TreeMap<>();
    private final Map<Outcome, Integer> cases = new EnumMap<>(Outcome.class);
    private final Whole whole;

    /** What the undamaged files hold. */
    private record Whole(long endOffset, ByteBuffer batches, RaftLogScan.Span log, RaftMeta meta) {}

    /** @param directory a node's, with this replica; the suite works in it */
    DamageSuite(Path directory, PartitionCluster of, Role role) throws IOException {
        this.role = role;
        node = PartitionNodeFixture.openShared(directory, new UnforcedDisk(new NioDisk()), new UnexpectedHalt());
        replicas = new PartitionReplicas(
                node, LogConfig.defaults(), TopicConfig.DEFAULTS, CompactionLimits.DEFAULT, ScrubLimits.DEFAULT);
        context = new PartitionContext(
                node,
                of.partition,
                of.group.getGroupId(),
                directory.resolve("partitions").resolve(of.partition.directoryName()),
                of.placement.epochBase(),
                new ReplicaSettings(LogConfig.defaults(), TopicConfig.DEFAULTS, of.placement.settings()),
                new DivisionSubmitter(node.client(), node.catchUps().terms()));
        files = new ReplicaFiles(context.raftGroupDirectory(), context.directory());
        remember(files.raftGroup());
        remember(files.partition());
        whole = whole();
    }

    private void remember(Path below) throws IOException {
        try (var found = Files.walk(below)) {
            for (Path file : (Iterable<Path>) found.filter(Files::isRegularFile)::iterator) {
                originals.put(file, Files.readAllBytes(file));
            }
        }
    }

    private Whole whole() throws IOException {
        var opened = RecoveredReplica.open(context);
        try (var log = opened.log()) {
            long end = opened.tail().endOffset();
            return new Whole(
                    end,
                    log.readExactly(0, end, Math.toIntExact(log.sizeBytes())).orElseThrow(),
                    RaftLogScan.span(files.raftGroup(), ENTRY_MAX_BYTES),
                    RaftMeta.read(files.raftGroup()).orElseThrow());
        }
    }

    ReplicaFiles files() {
        return files;
    }

    Path raftFile(String name) {
        return files.raftGroup().resolve(RaftLogScan.CURRENT).resolve(name);
    }

    byte[] original(Path file) {
        var bytes = originals.get(file);
        assertThat(bytes).as("%s", file).isNotNull();
        return bytes;
    }

    Map<Outcome, Integer> cases() {
        return cases;
    }

    /** Flips each bit, alone. */
    void everyBit(Path file) throws IOException {
        everyBit(file, 0);
    }

    /** @param from the first byte */
    void everyBit(Path file, int from) throws IOException {
        var good = original(file);
        for (int bit = from * Byte.SIZE; bit < good.length * Byte.SIZE; bit++) {
            var bad = good.clone();
            bad[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            with(file, bad, "bit " + bit);
        }
    }

    /** Cuts the file at each length, and zeroes it from each byte on. */
    void everyLengthAndZeroedTail(Path file) throws IOException {
        everyLengthAndZeroedTail(file, 0);
    }

    /** @param from the shortest length */
    void everyLengthAndZeroedTail(Path file, int from) throws IOException {
        var good = original(file);
        for (int length = from; length < good.length; length++) {
            var cut = Arrays.copyOf(good, length);
            with(file, cut, "length " + length);
            var zeroed = Arrays.copyOf(cut, good.length);
            if (!Arrays.equals(zeroed, good)) {
                with(file, zeroed, "zeros from " + length);
            }
        }
    }

    /** Puts these bytes in the file's place; null deletes it. */
    Outcome with(Path file, byte @Nullable [] bytes, String what) throws IOException {
        if (bytes == null) {
            Files.delete(file);
        } else {
            put(file, bytes);
        }
        return look(file.getFileName() + ": " + what);
    }

    /** Never empties it first: ext4 takes that for a replacement, and writes the new bytes to the disk at once. */
    private static void put(Path file, byte[] bytes) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes));
            channel.truncate(bytes.length);
        }
    }

    /** What a start makes of the files as they are; afterwards they are whole again. */
    Outcome look(String what) throws IOException {
        try {
            var outcome = outcome(what);
            cases.merge(outcome, 1, Integer::sum);
            return outcome;
        } finally {
            restore();
        }
    }

    private Outcome outcome(String what) throws IOException {
        try {
            if (role == Role.METADATA) {
                replicas.checkMetadata(context.groupId(), -1);
            } else {
                openAndCompare(what);
            }
            assertThat(RaftLogScan.span(files.raftGroup(), ENTRY_MAX_BYTES))
                    .as("%s: another log", what)
                    .isEqualTo(whole.log());
            var meta = RaftMeta.read(files.raftGroup()).orElseThrow();
            assertThat(meta.forgot(whole.meta()))
                    .as("%s: forgot its vote", what)
                    .isFalse();
            return Outcome.NO_EFFECT;
        } catch (DamagedReplicaException e) {
            return Outcome.SET_ASIDE;
        } catch (StartRefusedException e) {
            assertThat(e).as(what).hasMessageContaining("cordwood cluster replace-node");
            return Outcome.REFUSED;
        }
    }

    private void openAndCompare(String what) throws IOException {
        var opened = RecoveredReplica.open(context);
        try (var log = opened.log()) {
            long end = opened.tail().endOffset();
            assertThat(end).as("%s: served short", what).isEqualTo(whole.endOffset());
            assertThat(log.readExactly(0, end, whole.batches().remaining()))
                    .as("%s: served wrong", what)
                    .contains(whole.batches());
            assertThat(opened.unverifiedFrom()).as(what).isEqualTo(Long.MAX_VALUE);
        }
    }

    private void restore() throws IOException {
        for (Path below : List.of(files.raftGroup(), files.partition())) {
            try (var found = Files.walk(below)) {
                for (Path file : (Iterable<Path>) found.filter(Files::isRegularFile)::iterator) {
                    if (!originals.containsKey(file)) {
                        Files.delete(file);
                    }
                }
            }
        }
        for (Map.Entry<Path, byte[]> original : originals.entrySet()) {
            if (!Files.exists(original.getKey())
                    || !Arrays.equals(Files.readAllBytes(original.getKey()), original.getValue())) {
                put(original.getKey(), original.getValue());
            }
        }
    }

    @Override
    public void close() throws IOException {
        node.close();
    }
}
