package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.partition.EntryCodec;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.LogClosedException;
import io.cordwood.store.LogConfig;
import io.cordwood.store.NioDisk;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaStateTest {
    private static final int EPOCH_BASE = 7;
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 2), 0);

    @TempDir
    Path directory;

    private final List<String> damages = new CopyOnWriteArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private PartitionNode node;
    private ReplicaState replica;
    private PartitionContext context;

    private final NodeHalt halt = new RecordedHalts(damages, failures);

    @BeforeEach
    void open() throws IOException {
        node = PartitionNodeFixture.openShared(directory, new NioDisk(), halt);
        context = new PartitionContext(
                node,
                PARTITION,
                RaftGroupId.randomId(),
                directory.resolve("p"),
                EPOCH_BASE,
                new ReplicaSettings(LogConfig.defaults(), TopicConfig.DEFAULTS, new TreeMap<>()),
                new EntriesForEver());
        replica = new ReplicaState(context, RecoveredReplica.open(context));
    }

    @AfterEach
    void close() throws IOException {
        replica.close();
        node.close();
        assertThat(failures).isEmpty();
    }

    /** An entry of one record from the leader of a term. */
    private AppendEntry take(long offset, long term, long index) {
        return take(offset, term, index, 0);
    }

    private AppendEntry take(long offset, long term, long index, long leaderTimeMs) {
        var batch = batch("a");
        var payload = ByteBuffer.allocate(batch.sizeBytes()).put(batch.bytes()).flip();
        RecordBatch.stamp(payload, 0, offset, (int) (EPOCH_BASE + term));
        var header = new BatchHeader(
                offset,
                1,
                batch.sizeBytes(),
                batch.crc(),
                batch.attributes(),
                batch.maxTimestamp(),
                -1,
                (short) -1,
                -1);
        var entry = new AppendEntry(PARTITION, leaderTimeMs, false, List.of(header));
        replica.append(entry, payload, term, index);
        replica.force().join(); // nothing is committed before it is forced
        return entry;
    }

    private AppendOutcome answerNow() {
        return replica.appender().append(AppendRequest.of(batch("b"))).getNow(new AppendOutcome.TimedOut());
    }

    @Test
    void backlogIsThatOfTheAppliedEntries() throws IOException {
        long later = node.clock().nowMs() + 3_600_000; // so that it does not matter when this is asked
        take(0, 1, 0, later);
        replica.apply(1, 0);
        take(1, 1, 1, later + 10_000);
        replica.apply(1, 1);
        take(2, 1, 2, later + 10_000);

        var all = replica.backlog(0, replica.log().highWatermark());
        var half = replica.backlog(1, replica.log().highWatermark());

        assertThat(all.bytes()).isEqualTo(2 * half.bytes()).isPositive();
        assertThat(all.nextTimestampMs()).isPresent();
        assertThat(all.untilTrimmedMs()).isPresent();
        assertThat(all.appendedPerSecond()).isEqualTo(0.2);
    }

    @Test
    void leaderOfATermTakesBatches() {
        replica.skip(1, 0);

        replica.lead(1, () -> true);

        assertThat(answerNow()).isNotInstanceOf(AppendOutcome.NotLeader.class);
    }

    @Test
    void leaderThatWasDeposedBeforeItBeganIsNoDamage() {
        replica.skip(1, 0);
        take(0, 2, 1);

        replica.lead(1, () -> false);

        assertThat(damages).isEmpty();
        assertThat(answerNow()).isInstanceOf(AppendOutcome.NotLeader.class);
    }

    @Test
    void leaderThatWasToldToStopBeforeItBeganStops() {
        replica.skip(1, 0);
        replica.stopLeading();

        replica.lead(1, () -> false);

        assertThat(answerNow()).isInstanceOf(AppendOutcome.NotLeader.class);
    }

    @Test
    void leaderWithEntriesThatAreNotAppliedStopsTheNode() {
        replica.skip(1, 0);
        take(0, 1, 1);

        assertThatIllegalStateException().isThrownBy(() -> replica.lead(2, () -> true));
        assertThat(damages).hasSize(1);
    }

    /** Its bytes follow those that took the place of others. */
    @Test
    void entryThatComesWhileBytesAreReplacedIsSound() {
        take(0, 1, 0);

        assertThatIllegalStateException()
                .isThrownBy(() -> replica.replaceFrom(0, () -> {
                    throw new IllegalStateException("a leader feeds it again");
                }));

        replica.apply(1, 0);
        assertThat(damages).isEmpty();
    }

    @Test
    void entryWhoseBytesWereReplacedMustNotBeCommitted() {
        take(0, 1, 0);
        replica.replaceFrom(0, () -> {});

        assertThatIllegalStateException().isThrownBy(() -> replica.apply(1, 0));
        assertThat(damages).hasSize(1);
    }

    @Test
    void bytesThatChangedOnTheDiskAreNotFedToAFollower() throws IOException {
        var entry = take(0, 1, 0);
        assertThat(new FollowerPayloads(context, replica.log()).of(entry, 1, 0).size())
                .isEqualTo(entry.payloadBytes());

        try (var file = FileChannel.open(
                directory.resolve("p").resolve("00000000000000000000.log"), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {77}), entry.payloadBytes() - 1);
        }

        assertThatExceptionOfType(PayloadUnavailableException.class)
                .isThrownBy(() -> new FollowerPayloads(context, replica.log()).of(entry, 1, 0));
    }

    @Test
    void appenderThatIsStoppedWhileItReadsDoesNotStopTheNode() throws Exception {
        var stateMachine = stateMachine();
        var entry = inRaftLog(take(0, 1, 0), 1, 0);

        Thread.currentThread().interrupt();
        var fed = stateMachine.read(entry, null);

        assertThat(Thread.interrupted()).isTrue();
        var failure = fed.handle((bytes, thrown) -> thrown).join();
        assertThat(failure).hasCauseInstanceOf(ClosedByInterruptException.class);
        stateMachine.notifyLogFailed(failure, entry);
        assertThat(stateMachine.read(entry, null).get().size()).isPositive();
    }

    @Test
    void appenderThatReadsAfterTheCloseDoesNotStopTheNode() throws Exception {
        var stateMachine = stateMachine();
        var entry = inRaftLog(take(0, 1, 0), 1, 0);

        replica.close();
        var fed = stateMachine.read(entry, null);

        var failure = fed.handle((bytes, thrown) -> thrown).join();
        assertThat(failure).hasCauseInstanceOf(LogClosedException.class);
        stateMachine.notifyLogFailed(failure, entry);
    }

    @Test
    void raftLogThatFailedStopsTheNode() {
        stateMachine().notifyLogFailed(new IOException("disk"), LogEntryProto.getDefaultInstance());

        assertThat(failures).singleElement().asString().contains("raft log", "disk");
        failures.clear(); // no other test may leave one
    }

    private PartitionStateMachine stateMachine() {
        var closes = new PartitionStateMachine.Closes(() -> true, () -> {});
        var submitter = new DivisionSubmitter(node.client(), node.catchUps().terms());
        return new PartitionStateMachine(context, replica, submitter, closes);
    }

    /** Takes what is submitted and never answers. */
    private static final class EntriesForEver implements Appender.EntrySubmitter {
        @Override
        public CompletableFuture<?> submit(SubmittedEntry entry) {
            return new CompletableFuture<>();
        }

        @Override
        public CompletableFuture<Confirmation> confirm(long term, Duration within) {
            return new CompletableFuture<>();
        }
    }

    private static LogEntryProto inRaftLog(AppendEntry entry, long term, long index) {
        var header = ByteString.copyFrom(EntryCodec.encode(entry));
        return LogEntryProto.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setStateMachineLogEntry(StateMachineLogEntryProto.newBuilder().setLogData(header))
                .build();
    }

    @Test
    void appliedEntryIsNeverTruncated() {
        take(0, 1, 0);
        replica.apply(1, 0);
        take(1, 1, 1);
        replica.truncate(1);

        assertThatIllegalStateException().isThrownBy(() -> replica.truncate(0));
        assertThat(damages).hasSize(1);
    }

    @Test
    void entryOutsideTheTailIsNotApplied() {
        take(0, 1, 0);

        assertThatIllegalStateException().isThrownBy(() -> replica.apply(1, 1));
        assertThat(damages).hasSize(1);
        assertThat(replica.log().highWatermark()).isZero();
    }

    @Test
    void checkpointStandsOneEntryBehindWhatIsApplied() throws IOException {
        assertThat(replica.takeCheckpoint()).isEmpty();
        take(0, 1, 0);
        replica.apply(1, 0);
        assertThat(replica.takeCheckpoint()).isEmpty();
        take(1, 1, 1);
        replica.apply(1, 1);

        assertThat(replica.takeCheckpoint()).contains(TermIndex.valueOf(1, 0));
        assertThat(CheckpointFile.read(new NioDisk(), directory.resolve("p")).map(Checkpoint::highWatermark))
                .contains(1L);
        assertThat(replica.log().highWatermark()).isEqualTo(2);
    }

    @Test
    void compactionThatACatchUpPausedWaitsForItsEnd() throws Exception {
        replica.skip(1, 0);
        replica.compaction().pause();

        take(0, 1, 1); // a leader feeds it again, and the catch-up has not noticed
        assertThat(replica.compaction().isWanted()).isFalse();
        replica.compaction().prepared(true);
        assertThat(replica.compaction().isWanted()).isTrue();

        replica.compaction().pause();
        replica.compaction().prepared(true);
        assertThat(replica.compaction().isWanted()).isFalse();
        take(1, 1, 2);
        assertThat(replica.compaction().isWanted()).isTrue();

        replica.compaction().pause();
        replica.compaction().prepared(false);
        assertThat(replica.compaction().isWanted()).isTrue();
    }

    @Test
    void filesThatNobodyNamesGoBehindAFetchedState() throws IOException {
        var compaction = replica.compaction();
        compaction.tidy();
        for (int i = 0; i < 3; i++) {
            take(i, 1, i);
            replica.apply(1, i);
        }
        assertThat(replica.takeCheckpoint()).isPresent();
        var fetched = CheckpointFile.read(new NioDisk(), directory.resolve("p")).orElseThrow();
        // Such as came from another replica, before a catch-up broke off what wanted them.
        var first = Files.createFile(directory.resolve("p").resolve("00000000000000000000.7.log"));
        var second = Files.createFile(directory.resolve("p").resolve("00000000000000000001.7.log"));
        compaction.tidy();
        assertThat(first).exists();

        replica.install(fetched);
        compaction.tidy();

        assertThat(first).doesNotExist();
        assertThat(second).doesNotExist();
        assertThat(directory.resolve("p").resolve("00000000000000000000.log")).exists();
    }

    @Test
    void replicaThatGaveUpItsFilesTakesNoCheckpoint() throws IOException {
        for (int i = 0; i < 3; i++) {
            take(i, 1, i);
            replica.apply(1, i);
        }
        assertThat(replica.takeCheckpoint()).contains(TermIndex.valueOf(1, 1));
        take(3, 1, 3);
        replica.apply(1, 3);

        replica.giveUpFiles();

        assertThat(replica.takeCheckpoint()).isEmpty();
        assertThat(RefetchMarker.counts(new NioDisk(), directory.resolve("p"), 1))
                .isTrue();
        assertThat(CheckpointFile.read(new NioDisk(), directory.resolve("p")).map(Checkpoint::index))
                .contains(1L);
    }
}
