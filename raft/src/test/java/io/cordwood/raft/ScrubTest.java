package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.TimestampType;
import io.cordwood.store.DamagedRangeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage in the segment files of a partition on three nodes, which repair it from each other. */
class ScrubTest {
    private static final int SEGMENT_BYTES = 2 << 10;
    private static final String FILLER = "x".repeat(200);

    @TempDir
    Path directory;

    private PartitionCluster cluster;
    private final List<String> published = new ArrayList<>();
    private Map<String, String> original;

    /** Some sealed segments, and an active one. */
    @BeforeEach
    void start() throws Exception {
        cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES);
        publish(30);
        original = cluster.node(1).segmentContents();
        assertThat(original).hasSizeGreaterThan(3);
        for (var node : cluster.nodes()) {
            assertThat(node.segmentContents()).isEqualTo(original);
        }
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void publish(int batches) {
        var leader = cluster.leader();
        var outcomes = new ArrayList<CompletableFuture<AppendOutcome>>();
        for (int i = 0; i < batches; i++) {
            var values = new String[] {"a" + published.size() + FILLER, "b" + published.size()};
            outcomes.add(leader.replica().append(AppendRequest.of(PartitionCluster.batch(values))));
            published.addAll(List.of(values));
        }
        assertThat(outcomes)
                .allSatisfy(outcome -> assertThat(outcome.join()).isInstanceOf(AppendOutcome.Appended.class));
        cluster.awaitHighWatermark(published.size());
    }

    private PartitionNodeFixture follower() {
        return cluster.othersThan(cluster.leader()).get(0);
    }

    /** The n-th segment file. */
    private static Path segment(PartitionNodeFixture node, int number) throws IOException {
        return new ReplicaFiles(node.raftGroup(), node.partition()).segments().get(number);
    }

    private static void change(Path file, int position, int mask) throws IOException {
        var bytes = Files.readAllBytes(file);
        bytes[position] ^= (byte) mask;
        Files.write(file, bytes);
    }

    /** Puts another batch, which is sound in itself, in the place of the first one. */
    private static void replaceFirstBatch(Path file) throws IOException {
        var bytes = Files.readAllBytes(file);
        var old = ByteBuffer.wrap(bytes);
        var first = RecordBatch.of(old.slice(0, RecordBatch.sizeAt(old, 0)));
        var values = new ArrayList<String>();
        try (var records = first.records()) {
            records.forEachRemaining(
                    record -> values.add("y".repeat(text(record.value()).length())));
        }
        var other = PartitionCluster.batch(values.toArray(String[]::new)).bytes();
        var stamped = ByteBuffer.allocate(other.remaining()).put(other).flip();
        RecordBatch.stamp(stamped, 0, first.baseOffset(), first.leaderEpoch());
        assertThat(stamped.remaining()).isEqualTo(first.sizeBytes());
        System.arraycopy(stamped.array(), 0, bytes, 0, stamped.remaining());
        Files.write(file, bytes);
    }

    private static String text(@Nullable ByteBuffer value) {
        return value == null ? "" : StandardCharsets.UTF_8.decode(value).toString();
    }

    private void scrubAll() {
        cluster.running().forEach(PartitionNodeFixture::scrub);
    }

    private void awaitRepaired() {
        var wrong = new ArrayList<String>();
        await().atMost(PATIENCE).untilAsserted(() -> {
            scrubAll();
            wrong.addAll(whatIsServedWrong()); // one that is right at the next look was wrong all the same
            var same = cluster.node(1).segmentContents();
            assertThat(same).containsAllEntriesOf(original);
            for (var node : cluster.running()) {
                assertThat(node.segmentContents()).as("node %s", node.id()).isEqualTo(same);
            }
        });
        assertThat(wrong).isEmpty();
        for (var node : cluster.running()) {
            await().atMost(PATIENCE).until(() -> {
                node.scrub();
                return node.scrubCounters().unrepaired() == 0;
            });
            assertThat(valuesOf(node)).isEqualTo(published);
            assertThat(node.halts).isEmpty();
        }
    }

    private static List<String> valuesOf(PartitionNodeFixture node) {
        try {
            return node.values();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** From each batch on: who begins to read there gets what was published, or is refused. */
    private List<String> whatIsServedWrong() {
        var wrong = new ArrayList<String>();
        for (var node : cluster.running()) {
            long offset = 0;
            while (offset < node.replica().highWatermark()) {
                long next = offset + 2;
                try {
                    var read = node.replica().readSound(offset, 1);
                    next = read.endOffset();
                    if (!recordsOf(read.batches()).equals(publishedIn(offset, next))) {
                        wrong.add("node " + node.id() + " at offset " + offset + ": " + recordsOf(read.batches()));
                    }
                } catch (IOException e) {
                    // It is refused, whatever the words.
                }
                offset = next;
            }
        }
        return wrong;
    }

    /** The batch that seals a segment has an offset, and no record. */
    private List<String> publishedIn(long start, long end) {
        int size = published.size();
        return published.subList((int) Math.min(start, size), (int) Math.min(end, size));
    }

    private static List<String> recordsOf(ByteBuffer batches) {
        var batch = RecordBatch.of(batches.slice());
        assertThat(batch.crcMatches()).isTrue();
        var values = new ArrayList<String>();
        try (var records = batch.records()) {
            records.forEachRemaining(record -> values.add(text(record.value())));
        }
        return values;
    }

    @Test
    void soundReplicasHaveNothingToRepair() throws Exception {
        for (int i = 0; i < 4; i++) {
            scrubAll();
        }

        for (var node : cluster.nodes()) {
            assertThat(node.scrubCounters().findings()).isZero();
            assertThat(node.segmentContents()).isEqualTo(original);
            assertThat(node.directory().resolve("quarantine")).doesNotExist();
        }
    }

    @Test
    void flippedBitOfAFollowerIsRepairedAndTheFileKept() throws Exception {
        var follower = follower();
        var file = segment(follower, 1);
        ReplicaFiles.flipBitInTheMiddle(file);
        var damaged = Files.readAllBytes(file);

        awaitRepaired();

        assertThat(follower.scrubCounters().findings()).isEqualTo(1);
        assertThat(follower.scrubCounters().repairs()).isEqualTo(1);
        try (var kept = Files.walk(follower.directory().resolve("quarantine/segments"))) {
            assertThat(kept.filter(Files::isRegularFile))
                    .singleElement()
                    .satisfies(one -> assertThat(Files.readAllBytes(one)).isEqualTo(damaged));
        }
        assertThat(follower.isQuarantined()).isFalse();
        for (var other : cluster.othersThan(follower)) {
            assertThat(other.scrubCounters().findings()).isZero();
        }
    }

    @Tag("nightly")
    @Test
    void flippedBitOfTheLeaderIsRepaired() throws Exception {
        ReplicaFiles.flipBitInTheMiddle(segment(cluster.leader(), 2));

        awaitRepaired();
    }

    /** As a leader does that cannot feed a follower, at each try of Ratis. */
    @Test
    void soundFileThatIsDoubtedAgainAndAgainIsReadOnceInAWhile() throws Exception {
        var node = follower();
        var nanos = new AtomicLong();
        var scrub = new ReplicaScrub(
                node.replica(),
                new ReplicaScrub.Means(bytes -> {}, nanos::get, node.quarantine(), node.scrubCounters()));
        var doubts = node.replica().state().log().scrub();
        doubts.doubt(0);
        assertThat(scrub.hasLookedAtDoubt()).isTrue();

        doubts.doubt(0);
        assertThat(scrub.hasLookedAtDoubt()).isFalse();
        doubts.doubt(published.size() - 1L); // of another file
        assertThat(scrub.hasLookedAtDoubt()).isTrue();
        assertThat(scrub.hasLookedAtDoubt()).isFalse();

        nanos.addAndGet(TimeUnit.SECONDS.toNanos(30));
        assertThat(scrub.hasLookedAtDoubt()).isTrue();
        assertThat(scrub.hasLookedAtDoubt()).isFalse();
    }

    @Test
    void readersAreRefusedWhatIsDamagedWhileNobodyCanHelp() throws Exception {
        var follower = follower();
        ReplicaFiles.flipBitInTheMiddle(segment(follower, 1));
        for (var other : cluster.othersThan(follower)) {
            other.stop();
        }
        follower.scrub();

        assertThat(follower.scrubCounters().unrepaired()).isEqualTo(1);
        assertThat(whatIsServedWrong()).isEmpty();
        assertThatThrownBy(() -> follower.values()).isInstanceOf(DamagedRangeException.class);
        follower.scrub();
        assertThat(follower.scrubCounters().repairs()).isZero();
    }

    @Test
    void bitsOutsideTheCrcAreRepaired() throws Exception {
        var follower = follower();
        change(segment(follower, 0), 7, 1); // base offset
        change(segment(follower, 1), 15, 1); // leader epoch

        awaitRepaired();

        assertThat(follower.scrubCounters().repairs()).isEqualTo(2);
    }

    @Test
    void batchThatDoesNotBelongThereIsRepairedFromTheMajority() throws Exception {
        var follower = follower();
        replaceFirstBatch(segment(follower, 1));

        await().atMost(PATIENCE).until(() -> {
            scrubAll();
            return follower.scrubCounters().repairs() == 1;
        });
        awaitRepaired();
    }

    @Tag("nightly")
    @Test
    void swappedFilesAreRepaired() throws Exception {
        var leader = cluster.leader();
        var one = segment(leader, 0);
        var other = segment(leader, 1);
        var aside = directory.resolve("aside");
        Files.move(one, aside);
        Files.move(other, one);
        Files.move(aside, other, StandardCopyOption.ATOMIC_MOVE);

        awaitRepaired();

        assertThat(leader.scrubCounters().repairs()).isEqualTo(2);
    }

    @Tag("nightly")
    @Test
    void cutAndMissingFilesAreRepaired() throws Exception {
        var follower = follower();
        ReplicaFiles.cutTo(segment(follower, 0), 2);
        var longer = segment(follower, 1);
        Files.write(longer, new byte[10], StandardOpenOption.APPEND);
        Files.delete(segment(follower, 2));

        awaitRepaired();
    }

    @Test
    void twoOfThreeDamagedAtDifferentPlacesAreRepairedFromTheSoundOne() throws Exception {
        var damaged = cluster.othersThan(cluster.node(2));
        change(segment(damaged.get(0), 1), 100, 1);
        change(segment(damaged.get(1), 1), 700, 1);
        change(segment(damaged.get(0), 0), 100, 1);
        change(segment(damaged.get(1), 2), 100, 1);

        awaitRepaired();
    }

    @Test
    void threeThatAllDifferAreReportedAndLeftAlone() throws Exception {
        replaceFirstBatch(segment(cluster.node(1), 1));
        change(segment(cluster.node(2), 1), 100, 1);
        var before = cluster.node(1).segmentContents();

        await().atMost(PATIENCE).until(() -> {
            scrubAll();
            return cluster.node(1).scrubCounters().unrepaired() == 1;
        });

        assertThat(cluster.node(1).segmentContents()).isEqualTo(before);
        assertThat(cluster.node(3).segmentContents()).isEqualTo(original);
        assertThat(cluster.running()).allMatch(node -> node.scrubCounters().repairs() == 0);
    }

    /** Nobody publishes: without an entry that seals it, the file would take batches for ever. */
    @Test
    void damageInTheActiveSegmentOfALeaderThatIsQuietIsRepaired() throws Exception {
        assertActiveSegmentIsRepaired(cluster.leader());
        assertConditionalAppendLearnsOfTheOffset();
    }

    /** Nobody else wrote. */
    private void assertConditionalAppendLearnsOfTheOffset() {
        int ownEnd = published.size();

        assertThat(appendWhereTheLogEndsAt(ownEnd)).isEqualTo(new AppendOutcome.EndOffsetMismatch(ownEnd, ownEnd + 1));
        assertThat(appendWhereTheLogEndsAt(ownEnd + 1))
                .isInstanceOfSatisfying(
                        AppendOutcome.Appended.class,
                        appended -> assertThat(appended.baseOffset()).isEqualTo(ownEnd + 1));
    }

    private AppendOutcome appendWhereTheLogEndsAt(long offset) {
        var request =
                new AppendRequest(PartitionCluster.batch("next"), TimestampType.CREATE_TIME, OptionalLong.of(offset));
        return cluster.leader().replica().append(request).join();
    }

    @Test
    void damageInTheActiveSegmentOfAFollowerThatIsQuietIsRepaired() throws Exception {
        assertActiveSegmentIsRepaired(follower());
    }

    private void assertActiveSegmentIsRepaired(PartitionNodeFixture damaged) throws Exception {
        change(segment(damaged, original.size() - 1), 100, 1);

        awaitRepaired();

        assertThat(damaged.scrubCounters().repairs()).isEqualTo(1);
        for (var node : cluster.nodes()) {
            assertThat(node.segmentContents()).hasSize(original.size() + 1);
            assertThat(node.replica().highWatermark()).isEqualTo(published.size() + 1);
        }
    }

    /** What was set aside stays when the replica is made anew: that one is asked, and has copies. */
    @Test
    void replicaThatWasMadeAnewHasCopiesBeforeItIsOpen() throws Exception {
        var node = follower();
        assertThat(node.hasNothing()).isFalse();
        Files.createDirectories(node.quarantine());
        assertThat(node.isQuarantined()).isTrue();
        assertThat(node.hasNothing()).isFalse();
        node.stop();
        Files.move(node.raftGroup(), directory.resolve("aside"));
        node.start();
        assertThat(node.hasNothing()).isTrue();

        Files.createDirectories(node.raftGroup()); // as Ratis does, before it opens the group

        assertThat(node.hasNothing()).isFalse();
    }

    @Tag("nightly")
    @Test
    void replicaThatWasRepairedStartsAndServesAgain() throws Exception {
        var follower = follower();
        ReplicaFiles.flipBitInTheMiddle(segment(follower, 1));
        awaitRepaired();
        follower.takeCheckpoint();

        follower.kill();
        follower.start();

        publish(3);
        assertThat(follower.isQuarantined()).isFalse();
        assertThat(follower.values()).isEqualTo(published);
    }

    @Test
    void trimsDuringALookAreNoFindings() throws Exception {
        trimDuringLooks(2);
    }

    @Tag("nightly")
    @Test
    void manyTrimsDuringLooksAreNoFindings() throws Exception {
        trimDuringLooks(10);
    }

    private void trimDuringLooks(int rounds) throws Exception {
        for (int i = 0; i < rounds; i++) {
            publish(6);
            long start = published.size() - 20L;
            var leader = cluster.leader();
            assertThat(leader.replica().trim(start).get()).isInstanceOf(TrimOutcome.Trimmed.class);
            var looks = CompletableFuture.runAsync(this::scrubAll);
            for (var node : cluster.nodes()) {
                await().atMost(PATIENCE).until(() -> node.replica().logStartOffset() == start);
                node.takeCheckpoint();
                node.replica().deleteTrimmed();
            }
            looks.join();
        }

        scrubAll();
        assertThat(cluster.nodes()).allMatch(node -> node.scrubCounters().findings() == 0);
    }
}
