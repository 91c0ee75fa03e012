package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that compaction wrote, on their way to another replica; and what they were written from, as long as it is needed. */
class SegmentTransferTest {
    @TempDir
    Path temporary;

    private CompactedLog source;
    private CompactedLog target;

    /** Two replicas with the same batches, of which one has compacted. */
    @BeforeEach
    void fill() throws IOException {
        source = filled(new SimulatedDisk(1), "source");
        target = filled(new SimulatedDisk(2), "target");
        source.takeCheckpoint();
        assertThat(source.compact(100)).isTrue();
    }

    @AfterEach
    void close() throws Exception {
        source.close();
        target.close();
    }

    private CompactedLog filled(Disk disk, String name) throws IOException {
        var log = new CompactedLog(disk, temporary.resolve(name));
        for (int i = 0; i < 16; i++) {
            log.append(Compression.NONE, i % 4 == 0, List.of(new String[] {"a", i + "x".repeat(100)}, new String[] {
                "b" + i, "y".repeat(80)
            }));
        }
        return log;
    }

    private SealedSegment first() {
        return source.table().sealed().get(0);
    }

    private ByteBuffer bytes(long position) throws IOException {
        return source.test().log().transfer().read(first().baseOffset(), 1, position, 100);
    }

    private SegmentTransfer transfer() {
        return target.test().log().transfer();
    }

    @Test
    void receivedFilesTakeThePlaceOfTheOwnOnes() throws Exception {
        for (var segment : source.table().sealed()) {
            var received = transfer()
                    .receive(
                            segment,
                            position -> source.test()
                                    .log()
                                    .transfer()
                                    .read(segment.baseOffset(), segment.compactionGeneration(), position, 1_000));
            assertThat(received.sealed()).isEqualTo(segment);
            assertThat(transfer().has(segment)).isFalse();
            target.test().log().install(received);
            assertThat(transfer().has(segment)).isTrue();
        }

        assertThat(target.test().contents()).isEqualTo(source.test().contents());
    }

    @Test
    void fileThatIsThereIsNotFetchedAgain() throws Exception {
        var asked = new AtomicInteger();
        transfer().receive(first(), this::bytes);

        transfer().receive(first(), position -> {
            asked.incrementAndGet();
            return bytes(position);
        });

        assertThat(asked).hasValue(0);
    }

    @Test
    void fetchEndsWhereOthersFillTheDiskMeanwhile() throws Exception {
        var disk = new SimulatedDisk(3);
        try (var other = filled(disk, "other")) {
            var before = other.test().fileNames();

            assertThatThrownBy(() -> other.test().log().transfer().receive(first(), position -> {
                        disk.setUsableBytes(LogFiles.RESERVE_BYTES);
                        return bytes(position);
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("are needed");

            assertThat(other.test().fileNames()).isEqualTo(before);
        }
    }

    @Test
    void fileThatCannotBeReadCountsAsNone() throws Exception {
        var isBad = new AtomicBoolean();
        var disk = new ForwardingDisk(new SimulatedDisk(3)) {
            @Override
            public DiskFile open(Path file, OpenMode mode) throws IOException {
                var opened = super.open(file, mode);
                return isBad.get() && file.toString().endsWith(".1.log") ? unreadable(opened) : opened;
            }
        };
        try (var other = filled(disk, "other")) {
            var transfer = other.test().log().transfer();
            transfer.receive(first(), this::bytes);
            assertThat(transfer.look(first(), bytes -> {})).isPresent();
            isBad.set(true);

            assertThat(transfer.look(first(), bytes -> {})).isEmpty();

            var asked = new AtomicInteger();
            assertThatThrownBy(() -> transfer.receive(first(), position -> {
                        throw new IOException("the other node stops");
                    }))
                    .isInstanceOf(IOException.class);
            transfer.receive(first(), position -> {
                asked.incrementAndGet();
                return bytes(position);
            });
            assertThat(asked).hasPositiveValue();
            isBad.set(false);
            assertThat(transfer.look(first(), bytes -> {})).isPresent();
        }
    }

    private static DiskFile unreadable(DiskFile file) {
        return new ForwardingDisk.ForwardingFile(file) {
            @Override
            public int read(ByteBuffer dst, long position) throws IOException {
                throw new IOException("Input/output error");
            }
        };
    }

    @Test
    void lookEndsWhereItIsNotWantedAnyMore() throws Exception {
        transfer().receive(first(), this::bytes);
        var read = new AtomicInteger();

        assertThatThrownBy(() -> transfer().look(first(), bytes -> {
                    read.addAndGet(bytes);
                    throw new InterruptedIOException("not wanted any more");
                }))
                .isInstanceOf(InterruptedIOException.class);

        assertThat(read).hasPositiveValue();
        assertThat(transfer().look(first(), read::addAndGet)).isPresent();
    }

    @Test
    void otherBytesAreRefusedAndLeaveNothing() throws Exception {
        assertThatThrownBy(() -> transfer().receive(first(), position -> {
                    var bytes = bytes(position);
                    return position == 0 ? bytes.put(70, (byte) ~bytes.get(70)) : bytes;
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is not");
        assertThatThrownBy(() -> transfer().receive(first(), position -> ByteBuffer.allocate(1 << 20)))
                .isInstanceOf(IOException.class);

        assertThat(target.test().fileNames()).noneMatch(name -> name.endsWith(".1.log"));
        transfer().receive(first(), this::bytes);
    }

    @Test
    void whatIsNotTheListedFileNeverHasItsName() throws Exception {
        var names = new ArrayList<String>();
        var disk = new ForwardingDisk(new SimulatedDisk(3)) {
            @Override
            public void rename(Path from, Path to) throws IOException {
                names.add(String.valueOf(to.getFileName()));
                super.rename(from, to);
            }
        };
        try (var other = filled(disk, "other")) {
            var transfer = other.test().log().transfer();
            names.clear();

            assertThatThrownBy(() -> transfer.receive(first(), position -> {
                        var bytes = bytes(position);
                        return position == 0 ? bytes.put(70, (byte) ~bytes.get(70)) : bytes;
                    }))
                    .isInstanceOf(IOException.class);

            assertThat(names).isEmpty();
            transfer.receive(first(), this::bytes);
            assertThat(names).containsExactly(Segment.fileName(first().baseOffset(), 1));
        }
    }

    @Test
    void fileOfTheLogIsNotWrittenAgain() throws Exception {
        var first = first();
        var other = new SealedSegment(first.baseOffset(), first.endOffset(), first.sizeBytes(), 1, SegmentHash.NONE, 1);
        var before = source.test().contents();

        assertThatThrownBy(() -> source.test().log().transfer().receive(other, position -> ByteBuffer.allocate(10)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("part of the log");

        assertThat(source.test().fileNames()).contains(Segment.fileName(first.baseOffset(), 1));
        assertThat(source.test().contents()).isEqualTo(before);
    }

    @Test
    void fileThatIsNotThereIsNotInstalled() throws Exception {
        var before = target.test().contents();
        var received = transfer().receive(first(), this::bytes);
        var file = target.test().directory().resolve(Segment.fileName(first().baseOffset(), 1));
        target.test().shorten(file, first().sizeBytes() - 1);
        assertThatThrownBy(() -> target.test().log().install(received)).isInstanceOf(IllegalStateException.class);
        target.test().disk().delete(file);
        assertThatThrownBy(() -> target.test().log().install(received)).isInstanceOf(IllegalStateException.class);

        assertThat(target.test().contents()).isEqualTo(before);
        target.test().log().install(transfer().receive(first(), this::bytes));
        assertThat(transfer().has(first())).isTrue();
    }

    @Test
    void replacedFileIsServedWhileItIsThere() throws Exception {
        assertThat(source.test().log().transfer().read(0, 0, 0, 100).remaining())
                .isPositive();

        source.takeCheckpoint();

        assertThatThrownBy(() -> source.test().log().transfer().read(0, 0, 0, 100))
                .isInstanceOf(IOException.class);
    }

    @Test
    void nothingIsLeftOfALogThatBeginsAnew() throws Exception {
        var log = source.test().log();
        long start = log.highWatermark() + 10;

        log.restartAt(start);

        assertThat(source.test().fileNames())
                .filteredOn(name -> name.contains(".log"))
                .containsExactly(Segment.fileName(start));
    }

    @Test
    void whatWasReceivedInPartIsDeleted() throws Exception {
        assertThatThrownBy(() -> transfer().receive(first(), position -> {
                    if (position > 0) {
                        throw new IOException("the other node stops");
                    }
                    return bytes(position);
                }))
                .isInstanceOf(IOException.class);

        assertThat(target.test().fileNames()).noneMatch(name -> name.contains(".1.log"));
    }

    @Test
    void replacedFileIsNotDiscarded() throws Exception {
        var first = first();
        source.append(Compression.NONE, true, List.<String[]>of(new String[] {"b0", "newest"}));
        source.append(Compression.NONE, true, List.<String[]>of(new String[] {"a", "newest"}));
        assertThat(source.compact(100)).isTrue();

        source.test().log().compactor(bytes -> {}).discard(List.of(first));

        assertThat(source.test().fileNames()).contains(Segment.fileName(first.baseOffset(), 1));
        source.takeCheckpoint();
        assertThat(source.test().fileNames()).doesNotContain(Segment.fileName(first.baseOffset(), 1));
    }

    @Test
    void unknownFileIsRefused() {
        assertThatThrownBy(() -> source.test().log().transfer().read(first().baseOffset(), 2, 0, 100))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> bytes(first().sizeBytes())).isInstanceOf(IOException.class);
    }

    private static void deleteReplaced(PartitionLog log, Checkpoint durable, long heldFrom) throws IOException {
        while (log.hasReplaced(durable.segments(), heldFrom)) {
            log.deleteReplaced(durable.segments(), heldFrom);
        }
    }

    @Test
    void oneReplacedFileGoesAtATime() throws Exception {
        var durable = source.checkpoint();
        int before = source.test().fileNames().size();

        boolean isOneMore = source.test().log().deleteReplaced(durable.segments(), Long.MAX_VALUE);

        assertThat(isOneMore).isTrue();
        assertThat(source.test().fileNames()).hasSize(before - 1);
    }

    @Test
    void bytesOfAnEntryAreThereUntilNobodyAsksForThem() throws Exception {
        var log = source.test().log();
        var original = Batches.split(ByteBuffer.wrap(target.test().contents()));
        var durable = source.checkpoint();
        CheckpointFile.write(source.test().disk(), source.test().directory(), durable);
        long held = original.get(2).baseOffset();

        deleteReplaced(log, durable, held);

        for (var batch : original) {
            assertThat(log.readExactly(batch.baseOffset(), batch.endOffset(), batch.sizeBytes()))
                    .hasValue(batch.bytes());
        }
        source.test().reopen(RecoveryPoint.of(durable));
        var reopened = source.test().log();
        reopened.advanceHighWatermark(durable.highWatermark());
        for (var batch : original) {
            assertThat(reopened.readExactly(batch.baseOffset(), batch.endOffset(), batch.sizeBytes()))
                    .hasValue(batch.bytes());
        }
        assertThat(reopened.hasReplaced(durable.segments(), held)).isFalse();
        assertThat(reopened.hasReplaced(durable.segments(), Long.MAX_VALUE)).isTrue();
        deleteReplaced(reopened, durable, Long.MAX_VALUE);
        assertThat(reopened.hasReplaced(durable.segments(), Long.MAX_VALUE)).isFalse();
        assertThat(source.test().fileNames()).doesNotContain(Segment.fileName(0));
        var gone = original.get(2);
        assertThat(reopened.readExactly(gone.baseOffset(), gone.endOffset(), gone.sizeBytes()))
                .isEmpty();
    }

    @Test
    void batchesThatWereCompactedMeanwhileAreNotServedAsAppended() throws Exception {
        assertThat(target.test().log().readAppended(0, 10, 1_000).isEmpty()).isFalse();
        assertThatThrownBy(() -> source.test().log().readAppended(0, 10, 1_000))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("compacted");
    }
}
