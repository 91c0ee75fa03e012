package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.store.LogClosedException;
import io.cordwood.store.LogConfig;
import io.cordwood.store.OffsetIndex;
import io.cordwood.store.PartitionId;
import io.cordwood.store.PartitionLog;
import io.cordwood.store.RecoveryPoint;
import io.cordwood.store.SimulatedDisk;
import io.cordwood.store.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentWriterTest {
    private static final int EPOCH = 8;
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 2), 0);

    private final SimulatedDisk disk = new SimulatedDisk(1);
    private final List<String> damages = new CopyOnWriteArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final WriterThreads threads = new WriterThreads(1);
    private OffsetIndex index;
    private PartitionLog log;
    private SegmentWriter writer;

    private final NodeHalt halt = new RecordedHalts(damages, failures);

    @BeforeEach
    void openLog(@TempDir Path directory) throws IOException {
        index = OffsetIndex.open(directory.resolve("index"));
        log = PartitionLog.open(
                Path.of("/p"), PARTITION, LogConfig.defaults(), new Storage(disk, index), RecoveryPoint.none());
        writer = new SegmentWriter(PARTITION, log, threads.next(), halt, new StoreMeters(NodeMeters.unseen()));
    }

    @AfterEach
    void close() throws IOException {
        threads.close();
        log.close();
        index.close();
    }

    @Test
    void forceOfALogThatIsClosedFailsAndTheNodeLives() throws IOException {
        log.close();

        var forced = writer.force();

        assertThatThrownBy(forced::get).hasRootCauseInstanceOf(LogClosedException.class);
        assertThat(failures).isEmpty();
        assertThat(damages).isEmpty();
    }

    @Test
    void logThatIsClosedIsNotChangedAndTheNodeLives() throws IOException {
        append(0, "a");
        writer.close();
        assertThat(log.writtenEndOffset()).isEqualTo(1);
        var ran = new AtomicBoolean();

        var changed = writer.change(closed -> {
            ran.set(true);
            throw new IOException("its directory is gone");
        });

        assertThatThrownBy(changed::get).hasRootCauseInstanceOf(LogClosedException.class);
        assertThat(ran).isFalse();
        assertThat(failures).isEmpty();
        assertThat(damages).isEmpty();
    }

    private static ByteBuffer stamped(long baseOffset, int epoch, String... values) {
        var payload = batch(values).bytes();
        var copy = ByteBuffer.allocate(payload.remaining()).put(payload).flip();
        RecordBatch.stamp(copy, 0, baseOffset, epoch);
        return copy;
    }

    private static AppendEntry entryFor(ByteBuffer payload) {
        return entryFor(payload, header -> header);
    }

    private static AppendEntry entryFor(ByteBuffer payload, UnaryOperator<BatchHeader> change) {
        var batch = RecordBatch.of(payload.duplicate());
        var header = new BatchHeader(
                batch.baseOffset(),
                batch.recordCount(),
                batch.sizeBytes(),
                batch.crc(),
                batch.attributes(),
                batch.maxTimestamp(),
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence());
        return new AppendEntry(PARTITION, 0, false, List.of(change.apply(header)));
    }

    private void append(long baseOffset, String... values) {
        var payload = stamped(baseOffset, EPOCH, values);
        writer.append(entryFor(payload), EPOCH, payload);
    }

    @Test
    void forceCoversEverythingAppendedBefore() throws Exception {
        append(0, "a", "b");
        append(2, "c");
        writer.force().get();

        assertThat(log.writtenEndOffset()).isEqualTo(3);
        var operations = disk.operations();
        log.force();
        assertThat(log.readExactly(0, 2, stamped(0, EPOCH, "a", "b").remaining()))
                .isPresent();
        assertThat(disk.operations()).isGreaterThanOrEqualTo(operations);
    }

    @Test
    void eachDeletionLooksAtWhatIsNeededByThen() throws Exception {
        fillFourSegments();
        log.raiseLogStart(3);
        var needed = new AtomicLong(Long.MAX_VALUE);

        writer.deleteTrimmed(() -> needed.getAndSet(0)); // an entry that needs the rest comes behind the first one
        writer.force().get();
        writer.force().get();

        assertThat(log.segments().get(0).baseOffset()).isEqualTo(1);
    }

    private void fillFourSegments() throws Exception {
        for (int i = 0; i < 4; i++) {
            var payload = stamped(i, EPOCH, "a");
            var entry = entryFor(payload);
            writer.append(new AppendEntry(PARTITION, 0, true, entry.batches()), EPOCH, payload);
        }
        writer.force().get();
        log.advanceHighWatermark(4);
    }

    @Test
    void payloadShorterThanItsHeaderStopsTheNode() {
        var payload = stamped(0, EPOCH, "a");

        refuses(entryFor(payload), payload.duplicate().limit(payload.limit() - 1));
    }

    @Test
    void missingPayloadStopsTheNode() {
        refuses(entryFor(stamped(0, EPOCH, "a")), ByteBuffer.allocate(0));
    }

    @Test
    void payloadLongerThanItsHeaderStopsTheNode() {
        var payload = stamped(0, EPOCH, "a");
        var longer = ByteBuffer.allocate(payload.limit() + 1)
                .put(payload.duplicate())
                .rewind();

        refuses(entryFor(payload), longer);
    }

    @Test
    void payloadOfOtherBytesStopsTheNode() {
        var payload = stamped(0, EPOCH, "a");
        var flipped =
                ByteBuffer.allocate(payload.limit()).put(payload.duplicate()).flip();
        flipped.put(payload.limit() - 1, (byte) (payload.get(payload.limit() - 1) ^ 1));

        refuses(entryFor(payload), flipped);
    }

    @Test
    void payloadOfAnotherEpochStopsTheNode() {
        var payload = stamped(0, EPOCH + 1, "a");

        refuses(entryFor(payload), payload);
    }

    @Test
    void ownPayloadStandsInTheFiles() throws Exception {
        var payload = stamped(0, EPOCH, "a", "b");

        writer.appendOwn(entryFor(payload), EPOCH, payload);
        writer.force().get();

        assertThat(log.readExactly(0, 2, payload.remaining())).contains(payload);
    }

    @Test
    void ownPayloadOfAnotherEntryStopsTheNode() {
        var payload = stamped(0, EPOCH, "a");

        writer.appendOwn(entryFor(stamped(0, EPOCH, "b")), EPOCH, payload);

        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        assertThat(damages).singleElement().asString().contains("crc of a payload");
    }

    @Test
    void payloadHoldsWhatItsHeaderSaysWhenItsCrcIsThatOfItsBytes() {
        var payload = stamped(0, EPOCH, "a");
        var entry = entryFor(payload);
        assertThat(SegmentWriter.holds(entry, EPOCH, payload)).isTrue();

        payload.put(payload.limit() - 1, (byte) (payload.get(payload.limit() - 1) ^ 1));

        assertThat(SegmentWriter.holds(entry, EPOCH, payload)).isFalse();
        assertThat(SegmentWriter.holdsHeaders(entry, EPOCH, payload)).isTrue();
        assertThat(SegmentWriter.holdsHeaders(entry, EPOCH + 1, payload)).isFalse();
    }

    @Test
    void headerOfAnotherCountStopsTheNode() {
        var payload = stamped(0, EPOCH, "a", "b");
        var entry = entryFor(
                payload,
                header -> new BatchHeader(
                        header.baseOffset(),
                        header.recordCount() + 1,
                        header.sizeBytes(),
                        header.crc(),
                        header.attributes(),
                        header.maxTimestampMs(),
                        header.producerId(),
                        header.producerEpoch(),
                        header.firstSequence()));

        refuses(entry, payload);
    }

    @Test
    void holeInTheOffsetsStopsTheNode() {
        var payload = stamped(5, EPOCH, "a");

        refuses(entryFor(payload), payload);
    }

    private void refuses(AppendEntry entry, ByteBuffer payload) {
        writer.append(entry, EPOCH, payload);

        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        assertThat(damages).hasSize(1);
        append(0, "later");
        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        assertThat(log.writtenEndOffset()).isZero();
    }

    @Test
    void failedWriteStopsTheNodeAndIsNotRepeated() {
        disk.failNext();
        append(0, "a");

        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        assertThat(failures).hasSize(1);
        assertThat(damages).isEmpty();
    }

    /** The files are sound, but a force that succeeded would acknowledge what is not in them. */
    @Test
    void lackOfMemoryStopsTheNode() {
        disk.exhaustMemoryNext();
        append(0, "a");

        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        append(0, "later");
        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        assertThat(log.writtenEndOffset()).isZero();
        assertThat(failures).hasSize(1);
        assertThat(damages).isEmpty();
    }

    @Test
    void lackOfMemoryInAForceIsAnsweredAndStopsTheNode() throws Exception {
        append(0, "a");
        writer.inOrder(disk::exhaustMemoryNext).get();

        assertEndsWithoutMemory(writer.force());
        assertThat(failures).hasSize(1);
    }

    @Test
    void lackOfMemoryInAChangeIsAnsweredAndStopsTheNode() throws Exception {
        append(0, "a");
        append(1, "b");
        writer.inOrder(disk::exhaustMemoryNext).get();

        assertEndsWithoutMemory(writer.change(changed -> changed.truncateTo(1)));
        assertThat(failures).hasSize(1);
    }

    @Test
    void lackOfMemoryInADeletionStopsTheNode() throws Exception {
        fillFourSegments();
        log.raiseLogStart(3);
        writer.inOrder(disk::exhaustMemoryNext).get();

        writer.deleteTrimmed(() -> Long.MAX_VALUE);

        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        assertThat(failures).hasSize(1);
    }

    private static void assertEndsWithoutMemory(CompletableFuture<Void> answer) {
        assertThat(answer)
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void failedForceStopsTheNodeAndIsNotRepeated() throws Exception {
        append(0, "a");
        writer.inOrder(disk::failNext).get();

        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        var operations = disk.operations();
        assertThatThrownBy(() -> writer.force().get()).isInstanceOf(ExecutionException.class);
        assertThat(disk.operations()).isEqualTo(operations);
        assertThat(failures).hasSize(1);
    }
}
