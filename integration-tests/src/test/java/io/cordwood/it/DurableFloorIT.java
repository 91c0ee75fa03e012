package io.cordwood.it;

import static io.cordwood.it.LateNodeImage.LATE;
import static io.cordwood.it.LateNodeImage.TOPIC;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.StartPoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Node 3 was away while nodes 1 and 2 acknowledged, all end at once, node 2's disk is damaged below what
 * its floor covers, and nodes 2 and 3 start alone. They are a majority, and together they lack
 * acknowledged records: these may be unavailable until node 1 is back, but nothing shorter is served
 * meanwhile, and then they are all there.
 *
 * <p>Each kind of damage befalls a partition of its own, and one is left whole: they are groups that know
 * nothing of each other.
 */
class DurableFloorIT {
    private static final int WHOLE = 1;
    private static final int DAMAGED = 2;
    private static final boolean NIGHTLY = Boolean.getBoolean("cordwood.nightly");
    /** By partition; in each build cut, flipped and deleted files of each kind. */
    private static final List<ReplicaDamage> DAMAGES = NIGHTLY
            ? List.of(ReplicaDamage.values())
            : List.of(
                    ReplicaDamage.RAFT_LOG_CUT,
                    ReplicaDamage.CLOSED_RAFT_LOG_FLIPPED,
                    ReplicaDamage.RAFT_LOG_DELETED,
                    ReplicaDamage.SEGMENT_CUT,
                    ReplicaDamage.SEGMENT_FLIPPED,
                    ReplicaDamage.SEGMENT_DELETED,
                    ReplicaDamage.CHECKPOINT_CUT,
                    ReplicaDamage.CHECKPOINT_FLIPPED,
                    ReplicaDamage.CHECKPOINT_DELETED,
                    ReplicaDamage.ALL_DELETED);

    private static final int SOUND_PARTITION = DAMAGES.size();
    private static final int PARTITIONS = SOUND_PARTITION + 1;
    /** Two elections and more. */
    private static final Duration ATTEMPT = Duration.ofSeconds(5);

    private static final String REPLACEMENT = "cordwood cluster replace-node " + DAMAGED;
    /** Position in a segment behind the header of its first batch. */
    private static final int IN_FIRST_RECORD = 100;

    private static final int RANDOM_DAMAGES = 30;
    private static final int FILES_HARMED_MAX = 3;
    private static final List<FileHarm> HARMS = List.of(FileHarm.values());

    @RegisterExtension
    static final Clusters ofClass = Clusters.ofClass();

    private static LateNodeImage image;

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    /** Producers of attempts so far: each sends records that nobody else does. */
    private int attempts;

    @BeforeAll
    static void makeImage() {
        image = LateNodeImage.make(ofClass, PARTITIONS);
    }

    @Test
    void damagedReplicaIsNotElectedAndWhatItLostIsReadFromTheOther() {
        var cluster = image.copy(clusters);
        for (int partition = 0; partition < SOUND_PARTITION; partition++) {
            DAMAGES.get(partition).doTo(image.replica(cluster, DAMAGED, partition));
        }

        cluster.restart(DAMAGED, LATE);
        var taken = takeWhere(cluster, partition -> !isSetAside(partition));
        assertTold(cluster, DAMAGED, DurableFloorIT::isSetAside);
        cluster.restart(WHOLE);

        assertAllIsBack(cluster, image.acknowledged().with(taken));
        cluster.assertReplicasIdentical(TOPIC);
    }

    @Test
    void whereTwoOfThreeAreDamagedNothingIsServedAndBothTellWhy() {
        var cluster = image.copy(clusters);
        var others = List.of(ReplicaDamage.RAFT_LOG_CUT, ReplicaDamage.SEGMENT_FLIPPED, ReplicaDamage.ALL_DELETED);
        for (int partition = 0; partition < SOUND_PARTITION; partition++) {
            DAMAGES.get(partition).doTo(image.replica(cluster, DAMAGED, partition));
            others.get(partition % others.size()).doTo(image.replica(cluster, WHOLE, partition));
        }

        cluster.restart(WHOLE, DAMAGED, LATE);
        var taken = takeWhere(cluster, partition -> !isSetAside(partition));

        assertTold(cluster, DAMAGED, DurableFloorIT::isSetAside);
        assertTold(cluster, WHOLE, partition -> partition != SOUND_PARTITION);
        assertThat(cluster.admin().partitions(TOPIC))
                .filteredOn(partition -> isSetAside(partition.partition().partition()))
                .hasSize(DAMAGES.size() - 1)
                .allSatisfy(partition -> assertThat(partition.error().toString())
                        .contains("1 of 3 replicas sound, majority is 2; nodes 1, 2 lost"));
        var served = everyPartition().stream()
                .filter(partition -> !isSetAside(partition))
                .toList();
        var expected = image.acknowledged().of(served::contains).with(taken);
        assertThat(expected.violations(readUntilItFails(cluster, served, expected)))
                .isEmpty();
    }

    @Test
    @Tag("nightly")
    void emptiedDirectoryIsRefusedAndTheCommandThatIsNamedCompletesIt() {
        var cluster = image.copy(clusters);
        cluster.files(DAMAGED).empty();

        cluster.begin(DAMAGED, LATE);
        TestCluster.soon()
                .untilAsserted(() -> assertThat(cluster.logOf(DAMAGED)).contains(REPLACEMENT));
        assertThat(attempt(cluster, List.of(SOUND_PARTITION))).isEmpty();
        cluster.begin(WHOLE).awaitReady(WHOLE, LATE);
        assertAllIsBack(cluster, image.acknowledged());
        assertThat(cluster.logOf(DAMAGED)).doesNotContain("cordwood node " + DAMAGED + " ready:");

        cluster.awaitDead(DAMAGED);
        cluster.admin().replaceNode(DAMAGED);
        cluster.awaitReady(DAMAGED);

        assertAllIsBack(cluster, image.acknowledged());
        cluster.assertReplicasIdentical(TOPIC);
    }

    @ParameterizedTest
    @EnumSource(names = {"LOG_CUT", "DIRECTORY_DELETED"})
    void nodeThatLostMetadataDoesNotStart(MetadataDamage damage) {
        assertDoesNotStartAfter(damage);
    }

    @ParameterizedTest
    @Tag("nightly")
    @EnumSource
    void nodeThatLostMetadataInAnyWayDoesNotStart(MetadataDamage damage) {
        assertDoesNotStartAfter(damage);
    }

    private void assertDoesNotStartAfter(MetadataDamage damage) {
        var cluster = image.copy(clusters);
        damage.doTo(cluster.files(DAMAGED));

        cluster.begin(DAMAGED);
        TestCluster.soon().until(() -> !cluster.isRunning(DAMAGED));

        assertThat(cluster.logOf(DAMAGED)).containsPattern("cordwood node 2 cannot start: .*" + REPLACEMENT);
    }

    /**
     * Nobody looks at it when the node starts. Nobody gets the bytes; and the node repairs itself once there is
     * one that has them, also in the files that would take the next batches.
     */
    @Test
    @Tag("nightly")
    void bitThatRottedBelowTheCheckpointIsNotServedAndRepaired() {
        var cluster = image.copy(clusters);
        for (int partition : everyPartition()) {
            FileHarm.FLIPPED.doTo(image.replica(cluster, DAMAGED, partition).newestSegment(), IN_FIRST_RECORD);
        }

        cluster.restart(DAMAGED, LATE);
        cluster.leadersOf(TOPIC);
        assertThat(image.acknowledged().contradictions(readFor(cluster, ATTEMPT)))
                .isEmpty();
        cluster.restart(WHOLE);

        assertThat(image.acknowledged().violations(cluster.readAll(TOPIC))).isEmpty();
        cluster.assertReplicasIdentical(TOPIC);
    }

    /** What is served in this time. */
    private static List<ConsumedRecord> readFor(TestCluster cluster, Duration time) {
        var records = new ArrayList<ConsumedRecord>();
        long end = System.nanoTime() + time.toNanos();
        try (var reader =
                cluster.client().reader(TOPIC).start(StartPoint.earliest()).open()) {
            while (System.nanoTime() - end < 0) {
                records.addAll(reader.poll(Duration.ofMillis(100)));
            }
        }
        return records;
    }

    static List<Integer> seeds() {
        return IntStream.rangeClosed(1, RANDOM_DAMAGES).boxed().toList();
    }

    /** Whatever the files: what they were is not asked, only what comes of it. */
    @ParameterizedTest
    @Tag("nightly")
    @MethodSource("seeds")
    void anyDamageOfOneNodeLosesNothing(int seed) {
        var cluster = image.copy(clusters);
        System.out.println("seed " + seed + ": " + harmSome(cluster.files(DAMAGED), new SplittableRandom(seed)));

        cluster.begin(DAMAGED, LATE);
        TestCluster.soon()
                .until(() -> !cluster.isRunning(DAMAGED)
                        || cluster.logOf(DAMAGED).contains("cordwood node 2 ready:")
                        || cluster.logOf(DAMAGED).contains("cordwood cluster "));
        if (!cluster.isRunning(DAMAGED)) {
            assertThat(cluster.logOf(DAMAGED)).containsPattern("node 2 (cannot start|stops): ");
        }
        // A node that does not start leaves no majority for the metadata either: one partition stands for
        // all.
        var taken = attempt(cluster, cluster.isRunning(DAMAGED) ? everyPartition() : List.of(SOUND_PARTITION));
        assertBehindAllAcknowledged(taken);
        cluster.begin(WHOLE).awaitReady(WHOLE, LATE);
        cluster.kill(DAMAGED); // what rots in old bytes is found by nobody at a start, and must not be what is read

        assertThat(image.acknowledged().with(taken).violations(cluster.readAll(TOPIC)))
                .isEmpty();
    }

    private static List<String> harmSome(NodeFiles node, SplittableRandom random) {
        var done = new ArrayList<String>();
        int count = random.nextInt(1, FILES_HARMED_MAX + 1);
        for (int i = 0; i < count; i++) {
            var files = node.allFiles();
            var file = files.get(random.nextInt(files.size()));
            long size = file.toFile().length();
            var harm = HARMS.get(random.nextInt(HARMS.size()));
            if (size > 0) {
                long from = random.nextLong(size);
                done.add(harm + " from " + from + ": " + node.dataDirectory().relativize(file));
                harm.doTo(file, from);
            }
        }
        return done;
    }

    private static boolean isSetAside(int partition) {
        return partition != SOUND_PARTITION && DAMAGES.get(partition).setsAside();
    }

    /**
     * Waits until these partitions are led, and fails where another one takes a record, or one before the
     * end.
     */
    private List<Ledger.Entry> takeWhere(TestCluster cluster, Predicate<Integer> served) {
        var expected = everyPartition().stream().filter(served).toList();
        expected.forEach(partition -> cluster.leaderOf(TOPIC, partition));

        var taken = attempt(cluster, everyPartition());

        assertBehindAllAcknowledged(taken);
        assertThat(taken).extracting(entry -> entry.place().partition()).containsExactlyElementsOf(expected);
        assertThat(cluster.admin().partitions(TOPIC)).hasSize(PARTITIONS).allSatisfy(partition -> {
            int number = partition.partition().partition();
            partition
                    .highWatermark()
                    .ifPresent(end -> assertThat(end)
                            .as("high watermark of partition %d", number)
                            .isGreaterThanOrEqualTo(image.acknowledged().end(number)));
        });
        return taken;
    }

    private static void assertBehindAllAcknowledged(List<Ledger.Entry> taken) {
        assertThat(taken)
                .allSatisfy(entry -> assertThat(entry.place().offset())
                        .as("offset of %s", entry)
                        .isGreaterThanOrEqualTo(
                                image.acknowledged().end(entry.place().partition())));
    }

    /**
     * Sends one record to each partition, and returns those that were acknowledged in time, in order of
     * partition.
     */
    private List<Ledger.Entry> attempt(TestCluster cluster, List<Integer> partitions) {
        int producer = 1_000 + attempts++;
        var sent = new TreeMap<Integer, CompletableFuture<Ledger.Entry>>();
        var open = cluster.client()
                .producer()
                .linger(Duration.ZERO)
                .maxBlock(ATTEMPT)
                .deliveryTimeout(ATTEMPT)
                .open();
        for (int partition : partitions) {
            var record = new LoadRecord(producer, partition);
            sent.put(
                    partition,
                    open.send(new ProducerRecord(TOPIC, partition, null, record.value()))
                            .thenApply(place ->
                                    new Ledger.Entry(new Ledger.Place(place.partition(), place.offset()), record)));
        }
        TestCluster.soon().until(() -> sent.values().stream().allMatch(CompletableFuture::isDone));
        open.close(Duration.ZERO);
        return sent.values().stream()
                .filter(future -> !future.isCompletedExceptionally())
                .map(CompletableFuture::join)
                .toList();
    }

    /** All up to where the ledger ends, or what there is before a partition cannot be read. */
    private static List<ConsumedRecord> readUntilItFails(
            TestCluster cluster, Collection<Integer> partitions, Ledger ledger) {
        var records = new ArrayList<ConsumedRecord>();
        for (int partition : partitions) {
            try (var reader = cluster.client()
                    .reader(TOPIC)
                    .partitions(partition)
                    .start(StartPoint.earliest())
                    .open()) {
                long end = ledger.end(partition);
                TestCluster.soon().until(() -> {
                    records.addAll(reader.poll(Duration.ofSeconds(1)));
                    return reader.positions().getOrDefault(partition, 0L) >= end;
                });
            } catch (CordwoodException e) {
                System.out.println("partition " + partition + " is not read on: " + e.getMessage());
            }
        }
        return records;
    }

    private static void assertTold(TestCluster cluster, int node, Predicate<Integer> setAside) {
        TestCluster.soon()
                .untilAsserted(() -> assertThat(everyPartition())
                        .filteredOn(partition -> tellsOf(cluster.logOf(node), partition))
                        .containsExactlyElementsOf(
                                everyPartition().stream().filter(setAside).toList()));
    }

    private static boolean tellsOf(String log, int partition) {
        return log.lines()
                .filter(line -> line.contains("topic " + TOPIC + " partition " + partition + ":"))
                .anyMatch(line -> line.contains("set aside"));
    }

    private void assertAllIsBack(TestCluster cluster, Ledger acknowledged) {
        cluster.leadersOf(TOPIC);
        var taken = attempt(cluster, everyPartition());
        assertThat(taken).hasSize(PARTITIONS);
        assertThat(acknowledged.with(taken).violations(cluster.readAll(TOPIC))).isEmpty();
        assertThat(cluster.admin().topicConfig(TOPIC))
                .anyMatch(setting -> setting.key().equals(LateNodeImage.CHANGED_KEY)
                        && setting.value().equals(LateNodeImage.CHANGED_VALUE));
    }

    private static List<Integer> everyPartition() {
        return IntStream.range(0, PARTITIONS).boxed().toList();
    }
}
