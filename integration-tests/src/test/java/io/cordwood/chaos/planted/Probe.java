package io.cordwood.chaos.planted;

import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupMember;
import io.cordwood.metadata.GroupMembership;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.partition.PartitionState;
import io.cordwood.raft.PartitionReplica;
import io.cordwood.store.Batches;
import io.cordwood.store.LogConfig;
import io.cordwood.store.NioDisk;
import io.cordwood.store.OffsetIndex;
import io.cordwood.store.OpenMode;
import io.cordwood.store.PartitionId;
import io.cordwood.store.PartitionLog;
import io.cordwood.store.RecoveryPoint;
import io.cordwood.store.Storage;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Has the servers' and the client's own classes do what a bug changes, and says in words what came of it. Without a cluster,
 * in a JVM with the bug or without it.
 *
 * <p><b>Thread:</b> one at a time.
 */
final class Probe {
    private static final PartitionId ID = new PartitionId(new UUID(7, 9), 3);
    private static final io.cordwood.metadata.PartitionId COMMITTED =
            new io.cordwood.metadata.PartitionId(new UUID(7, 9), 3);
    private static final int READ_BYTES = 1 << 20;
    private static final long PRODUCER = 5;

    private Probe() {}

    /** Arguments: the bug's name, and an empty directory. */
    public static void main(String[] arguments) throws IOException, ReflectiveOperationException {
        System.out.println(of(PlantedBug.named(arguments[0]), Path.of(arguments[1])));
    }

    static String of(PlantedBug bug, Path directory) throws IOException, ReflectiveOperationException {
        return switch (bug) {
            case ACK_BEFORE_FORCE -> forced(directory);
            case READ_PAST_HIGH_WATERMARK -> readable(directory);
            case PRODUCERS_MISSING_FROM_CHECKPOINT -> repeatedBatch();
            case TAIL_KEPT_OVER_TERM_CHANGE -> replacedTail(directory);
            case CATCH_UP_CUTS_AT_OWN_HIGH_WATERMARK -> comparedWith(directory);
            case COMMITS_OF_ANYBODY -> takenOfAStranger();
            case COMMITS_OF_ANY_EPOCH -> takenOfAnEpochFromBefore();
            case COMMIT_BEFORE_PROCESSING -> committable();
        };
    }

    private static String forced(Path directory) throws IOException {
        return forcedFile(directory.resolve("00000000000000000000.log")) + ", "
                + forcedFile(directory.resolve("checkpoint"));
    }

    /** Only a force that is made notices that the file is closed. */
    private static String forcedFile(Path path) throws IOException {
        var file = new NioDisk().openForAppends(path, OpenMode.CREATE);
        file.close();
        try {
            file.force();
            return path.getFileName() + " is not forced";
        } catch (ClosedChannelException e) {
            return path.getFileName() + " is forced";
        }
    }

    private static String readable(Path directory) throws IOException, ReflectiveOperationException {
        try (var index = OffsetIndex.open(directory.resolve("index"));
                var log = log(directory, index)) {
            append(log, 0, 1, "committed");
            log.advanceHighWatermark(1);
            append(log, 1, 1, "written");

            var replica =
                    (PartitionReplica) bare("io.cordwood.raft.PartitionReplica", Map.of("state", replicaState(log)));
            var read = replica.read(0, READ_BYTES);
            return "readers are told of " + replica.highWatermark() + " and get " + read.baseOffset() + " to "
                    + read.endOffset();
        }
    }

    private static String repeatedBatch() {
        var batch = new BatchHeader(0, 1, 100, 7, (short) 0, 1, PRODUCER, (short) 0, 0);
        var state = PartitionState.empty(ID, 0);
        state.apply(new AppendEntry(ID, 1, false, List.of(batch)), 1, 0);

        var restored = PartitionState.of(state.checkpoint(), 0);

        return restored.copyProducers().check(PRODUCER, (short) 0, 0, 1).toString();
    }

    private static String replacedTail(Path directory) throws IOException {
        try (var index = OffsetIndex.open(directory.resolve("index"));
                var log = log(directory, index)) {
            append(log, 0, 1, "old a", "old b");

            append(log, 0, 2, "new a", "new b", "new c");
            var replaced = values(log);
            append(log, 1, 3, "longer");
            return replaced + ", then " + values(log);
        }
    }

    /** A round of a catch-up that has nobody to ask. */
    private static String comparedWith(Path directory) throws IOException, ReflectiveOperationException {
        try (var index = OffsetIndex.open(directory.resolve("index"));
                var log = log(directory, index)) {
            append(log, 0, 1, "a", "b");
            var round = bare("io.cordwood.raft.ReplicaCatchUp$Round", Map.of("log", log));
            var sourcePrints = round.getClass().getDeclaredMethod("sourcePrints", long.class, long.class);
            sourcePrints.setAccessible(true);

            var prints = (List<?>) sourcePrints.invoke(round, 0L, 5L);
            return "finds " + prints.size() + " batches of its own";
        } catch (InvocationTargetException e) {
            return e.getCause() instanceof NullPointerException ? "asks the source" : e.toString();
        }
    }

    private static String takenOfAStranger() throws ReflectiveOperationException {
        var nobody = new GroupMembership(
                0, GroupSettings.DEFAULT, new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
        return "a commit of a stranger is " + answer("stranger", 1, nobody);
    }

    /** The partition is the member's since epoch 5. */
    private static String takenOfAnEpochFromBefore() throws ReflectiveOperationException {
        var member = new GroupMember(
                "member", "", "", "", "", GroupSubscription.of("orders"), Duration.ofSeconds(10), 1, 0, 5);
        var membership = new GroupMembership(
                0,
                GroupSettings.DEFAULT,
                new TreeMap<>(Map.of("member", member)),
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(Map.of(COMMITTED, new GroupPartition("member", 5, 0, "member"))));
        return "a commit with an epoch from before is " + answer("member", 4, membership);
    }

    private static String answer(String memberId, long epoch, GroupMembership membership)
            throws ReflectiveOperationException {
        var rules = Class.forName("io.cordwood.metadata.CommitRules");
        var check = rules.getDeclaredMethod(
                "checkMember",
                GroupCommand.Commit.class,
                io.cordwood.metadata.PartitionId.class,
                GroupMembership.class);
        check.setAccessible(true);
        var commit = new GroupCommand.Commit("group", memberId, epoch, List.of());

        var refusal = (Optional<?>) check.invoke(null, commit, COMMITTED, membership);
        return refusal.map(found -> "refused with " + ((GroupRefusal) found).reason())
                .orElse("taken");
    }

    /** One record was taken, and is not done. */
    private static String committable() throws ReflectiveOperationException {
        var type = Class.forName("io.cordwood.client.ProgressTracker");
        var constructor = type.getDeclaredConstructor(int.class, long.class);
        constructor.setAccessible(true);
        var progress = constructor.newInstance(5, 0L);
        var taken = type.getDeclaredMethod("taken", long.class, int.class);
        taken.setAccessible(true);
        var unused = taken.invoke(progress, 0L, 1);
        var committable = type.getDeclaredMethod("committable");
        committable.setAccessible(true);
        return committable.invoke(progress) + " may be committed of 1";
    }

    private static PartitionLog log(Path directory, OffsetIndex index) throws IOException {
        return PartitionLog.open(
                directory.resolve("log"),
                ID,
                LogConfig.defaults(),
                new Storage(new NioDisk(), index),
                RecoveryPoint.none());
    }

    /** A batch for each value. */
    private static void append(PartitionLog log, long baseOffset, int leaderEpoch, String... values)
            throws IOException {
        var batches = new ArrayList<ByteBuffer>();
        for (var value : values) {
            batches.add(Batches.batch(baseOffset + batches.size(), leaderEpoch, 1, value));
        }
        var bytes = Batches.concat(batches.toArray(ByteBuffer[]::new));
        log.append(baseOffset, baseOffset + values.length, bytes.asReadOnlyBuffer(), false);
    }

    private static List<String> values(PartitionLog log) throws IOException {
        var values = new ArrayList<String>();
        var read = log.read(0, log.writtenEndOffset(), READ_BYTES);
        for (var batch : Batches.split(read.batches())) {
            try (var records = batch.records()) {
                while (records.hasNext()) {
                    values.add(StandardCharsets.UTF_8
                            .decode(records.next().value())
                            .toString());
                }
            }
        }
        return values;
    }

    private static Object replicaState(PartitionLog log) throws ReflectiveOperationException {
        return bare("io.cordwood.raft.ReplicaState", Map.of("log", log));
    }

    /**
     * An object with these fields and nothing else: with all that its constructor asks for there would be a node
     * of a cluster behind it.
     */
    private static Object bare(String className, Map<String, Object> fields) throws ReflectiveOperationException {
        var type = Class.forName(className);
        var factory = Class.forName("sun.reflect.ReflectionFactory");
        var constructor =
                (Constructor<?>) factory.getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                        .invoke(
                                factory.getMethod("getReflectionFactory").invoke(null),
                                type,
                                Object.class.getDeclaredConstructor());
        var made = constructor.newInstance();
        for (var entry : fields.entrySet()) {
            var field = type.getDeclaredField(entry.getKey());
            field.setAccessible(true);
            field.set(made, entry.getValue());
        }
        return made;
    }
}
