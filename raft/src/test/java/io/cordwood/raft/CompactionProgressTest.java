package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metrics.NodeMeters;
import io.cordwood.partition.PartitionState.Compactable;
import io.cordwood.raft.CompactionProgress.Effort;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.PartitionId;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentHash;
import io.cordwood.store.SegmentInfo;
import io.cordwood.store.SegmentTable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CompactionProgressTest {
    private static final PartitionId ID = new PartitionId(new UUID(1, 2), 0);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // such a clock may overflow
    private final CompactionProgress progress = new CompactionProgress(nanos::get);

    private static SealedSegment listed(long baseOffset, long endOffset) {
        return new SealedSegment(baseOffset, endOffset, 50, 1, new SegmentHash(1, 2, 3, 4), 1);
    }

    private CompactionStatus status(OptionalLong pendingSinceNanos) {
        return status(pendingSinceNanos, true);
    }

    private CompactionStatus status(OptionalLong pendingSinceNanos, boolean leads) {
        return progress.status(new Compactable(SegmentTable.empty(0), 0), false, pendingSinceNanos, leads);
    }

    private CompactionStatus status() {
        return status(OptionalLong.empty());
    }

    @Test
    void everyFailureHasAReasonWithAllThatWasTried() {
        progress.failed(Effort.PASS, ID, new IllegalStateException());
        assertThat(status().lastError()).isEqualTo("IllegalStateException");

        var failure = new IOException("no other replica has it");
        failure.addSuppressed(new IOException("node 2: no space"));
        failure.addSuppressed(new NullPointerException());
        failure.addSuppressed(new IOException("has it")); // says nothing new
        progress.failed(Effort.FILES, ID, failure);
        assertThat(status(OptionalLong.of(nanos.get())).lastError())
                .startsWith("no other replica has it; node 2: no space; NullPointerException. Start all nodes");

        progress.failed(Effort.PASS, ID, new IOException("x".repeat(100_000)));
        assertThat(status().lastError()).hasSizeLessThan(1_100);
    }

    @Test
    void voidPassKeepsItsReasonAndWhenItIsTriedAgain() {
        progress.wasVoid(Proposal.Outcome.NOT_LEADER);
        progress.waits(Effort.PASS, Duration.ofSeconds(30).toNanos());
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());

        assertThat(status().lastError()).isEqualTo("the pass was void: this replica does not lead any more");
        assertThat(status().retryMs()).hasValue(20_000);
        nanos.addAndGet(Duration.ofSeconds(60).toNanos());
        assertThat(status().retryMs()).hasValue(0);

        progress.succeeded(Effort.PASS);
        assertThat(status().lastError()).isEmpty();
        assertThat(status().retryMs()).isEmpty();
    }

    @Test
    void filesAndPassesAreTriedEachInTheirOwnTime() {
        var pending = OptionalLong.of(nanos.get());
        progress.failed(Effort.PASS, ID, new IOException("full disk"));
        progress.waits(Effort.PASS, Duration.ofHours(1).toNanos());
        progress.failed(Effort.FILES, ID, new IOException("nobody has it"));
        progress.waits(Effort.FILES, Duration.ofSeconds(15).toNanos());
        assertThat(status(pending).lastError()).startsWith("nobody has it");
        assertThat(status(pending).retryMs()).hasValue(15_000);

        progress.succeeded(Effort.FILES);
        progress.succeeded(Effort.TIDY);

        assertThat(status().lastError()).isEqualTo("full disk");
        assertThat(status().retryMs()).hasValue(3_600_000);
        assertThat(status(OptionalLong.empty(), false).lastError()).isEmpty();
        assertThat(status(OptionalLong.empty(), false).retryMs()).isEmpty();
    }

    @Test
    void tryThatWasInterruptedWaitsForNothing() {
        progress.failed(Effort.PASS, ID, new IOException("full disk"));
        progress.waits(Effort.PASS, Duration.ofHours(1).toNanos());

        progress.waitsNoMore(Effort.PASS);

        assertThat(status().lastError()).isEqualTo("full disk"); // of the newest try that came to an end
        assertThat(status().retryMs()).isEmpty();
    }

    @Test
    void passWhoseEntryMayComeHasAReasonToWait() {
        progress.wasVoid(Proposal.Outcome.UNKNOWN);

        assertThat(status().lastError()).contains("still to come");
    }

    @Test
    void filesThatAreMissingAreCountedFromTheirEntryOn() {
        long since = nanos.get();
        assertThat(status().pendingMs()).isEmpty();

        nanos.addAndGet(Duration.ofMinutes(3).toNanos());

        assertThat(status(OptionalLong.of(since)).pendingMs()).hasValue(180_000);
        assertThat(status(OptionalLong.of(since)).isUnfinished()).isTrue();
    }

    @Test
    void whatIsNewIsReadTwiceAndNothingIsReadBeyondTheTotal() throws Exception {
        var segments = List.of(new SegmentInfo(0, 10, 100), new SegmentInfo(10, 20, 200), new SegmentInfo(20, 30, 400));
        long bytes = CompactionProgress.bytesToRead(
                segments, new OffsetRange(15, 20), List.of(listed(0, 10), listed(10, 20)));
        assertThat(bytes).isEqualTo(100 + 2 * 200);

        var pace = progress.begin(bytes, means(CatchUpRate.of(1L << 40), false), () -> true);
        pace.passed(700);

        assertThat(status().doneBytes()).isEqualTo(500);
        assertThat(status().totalBytes()).isEqualTo(500);
    }

    private static ReplicaCompaction.Means means(CatchUpRate rate, boolean urgent) {
        var meters = new StoreMeters(NodeMeters.unseen());
        return new ReplicaCompaction.Means(rate, 1 << 20, () -> 1 << 20, () -> urgent, meters);
    }

    @Test
    void rateDoesNotHoldForWhatIsUrgent() throws Exception {
        var waits = new ArrayList<Long>();
        var rate = new CatchUpRate(100, () -> 0, waits::add);

        var urgent = progress.begin(1_000, means(rate, true), () -> true);
        for (int i = 0; i < 3; i++) {
            urgent.passed(100);
        }
        assertThat(waits).isEmpty();

        var patient = progress.begin(1_000, means(rate, false), () -> true);
        patient.passed(100);
        patient.passed(100);
        assertThat(waits).containsExactly(Duration.ofSeconds(1).toNanos());
    }
}
