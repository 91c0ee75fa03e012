package io.cordwood.server.partition;

import io.cordwood.batch.RecordBatch;
import io.cordwood.raft.AppendRequest;
import io.cordwood.raft.CompactionStatus;
import io.cordwood.raft.Confirmation;
import io.cordwood.raft.PartitionBacklog;
import io.cordwood.raft.Registration;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.AppendResult.Appended;
import io.cordwood.store.LogRead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A replica in memory. Appends are committed at once, or one by one by {@link #commitNext} after {@link #hold}.
 *
 * <p>Thread: any.
 */
public final class FakeReplica implements Replica {
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<ByteBuffer> batches = new ArrayList<>();
    private final Deque<Runnable> held = new ArrayDeque<>();
    private final List<AppendRequest> requests = new CopyOnWriteArrayList<>();
    private boolean holding;
    private long end;
    private int readCount;
    private volatile long highWatermark;
    private volatile long logStart;
    private volatile Leadership leadership = new Leadership(true, 5, 5, OptionalInt.of(1));
    private final Map<Integer, Long> entriesBehind = new ConcurrentHashMap<>();
    private volatile @Nullable CompactionStatus compaction;
    private volatile @Nullable Refusal transferRefusal;
    private volatile @Nullable AppendResult refusal;
    private final Deque<CompletableFuture<Confirmation>> confirmations = new ConcurrentLinkedDeque<>();
    private final AtomicInteger confirmationCount = new AtomicInteger();
    private final AtomicReference<@Nullable RuntimeException> confirmationFault = new AtomicReference<>();
    private final AtomicInteger waitingReads = new AtomicInteger();
    private volatile @Nullable CountDownLatch readGate;
    private volatile @Nullable IOException readFailure;
    private volatile @Nullable RuntimeException readFault;
    private volatile OptionalLong untilTrimmedMs = OptionalLong.empty();
    private volatile double appendedPerSecond;

    public FakeReplica ledBy(int nodeId, int thisNode) {
        leadership = new Leadership(nodeId == thisNode, 5, 5, OptionalInt.of(nodeId));
        return this;
    }

    public FakeReplica leaderless() {
        leadership = new Leadership(false, 5, 5, OptionalInt.empty());
        return this;
    }

    /** From now on appends wait for {@link #commitNext}. */
    public synchronized void hold() {
        holding = true;
    }

    public synchronized int heldCount() {
        return held.size();
    }

    public void commitNext() {
        Runnable next;
        synchronized (this) {
            next = held.remove();
        }
        next.run();
    }

    /** Every append is answered like this from now on. */
    public void refuse(AppendResult result) {
        refusal = result;
    }

    public void trimTo(long offset) {
        logStart = offset;
    }

    /** Reads wait for the gate. */
    public void gateReads(CountDownLatch gate) {
        readGate = gate;
    }

    /** Reads that wait for the gate. */
    public int waitingReads() {
        return waitingReads.get();
    }

    public void failReads(IOException failure) {
        readFailure = failure;
    }

    public void failReads(RuntimeException fault) {
        readFault = fault;
    }

    /** Flips a bit in the last value of a stored batch, whose records have no headers. */
    public synchronized void damageValue(int batch) {
        var bytes = batches.get(batch);
        int last = bytes.limit() - Byte.BYTES - 1; // the number of headers comes last
        bytes.put(last, (byte) (bytes.get(last) ^ 1));
    }

    public synchronized int readCount() {
        return readCount;
    }

    public int listenerCount() {
        return listeners.size();
    }

    /** The batches as they came. */
    public List<AppendRequest> requests() {
        return requests;
    }

    /** The batches as stored. */
    public synchronized List<RecordBatch> stored() {
        return batches.stream().map(RecordBatch::of).toList();
    }

    /** Transfers are refused for this reason from now on. */
    public void compact(CompactionStatus status) {
        compaction = status;
    }

    public void refuseTransfers(Refusal reason) {
        transferRefusal = reason;
    }

    /** The next questions whether it leads are answered like this, those after them as it seems here. */
    @SafeVarargs
    public final void confirmNext(CompletableFuture<Confirmation>... answers) {
        for (var answer : answers) {
            confirmations.add(answer);
        }
    }

    /** The next question whether it leads throws this. */
    public void failConfirmation(RuntimeException fault) {
        confirmationFault.set(fault);
    }

    public int confirmationCount() {
        return confirmationCount.get();
    }

    @Override
    public CompletableFuture<Confirmation> confirmLeadership(Duration within) {
        confirmationCount.incrementAndGet();
        var fault = confirmationFault.getAndSet(null);
        if (fault != null) {
            throw fault;
        }
        var prepared = confirmations.poll();
        return prepared != null
                ? prepared
                : CompletableFuture.completedFuture(leads() ? Confirmation.CONFIRMED : Confirmation.NOT_LEADER);
    }

    public void lag(int nodeId, long entries) {
        entriesBehind.put(nodeId, entries);
    }

    @Override
    public CompletableFuture<Void> transferLeadership(int nodeId, Duration within) {
        var refused = transferRefusal;
        if (refused != null) {
            return RefusedException.failedFuture(refused);
        }
        leadership = new Leadership(false, 6, 6, OptionalInt.of(nodeId));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Map<Integer, Long> entriesBehind() {
        return leads() ? Map.copyOf(entriesBehind) : Map.of();
    }

    @Override
    public CompletableFuture<Void> trim(long newStart) {
        if (!leads()) {
            return RefusedException.failedFuture(Refusal.of(Reason.NOT_LEADER, "a follower"));
        }
        logStart = Math.max(logStart, newStart);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<AppendResult> append(AppendRequest request) {
        requests.add(request);
        var answer = new CompletableFuture<AppendResult>();
        var refused = refusal;
        if (refused != null) {
            answer.complete(refused);
            return answer;
        }
        Runnable commit = () -> commit(request.batch(), answer);
        synchronized (this) {
            if (holding) {
                held.add(commit);
                return answer;
            }
        }
        commit.run();
        return answer;
    }

    private void commit(RecordBatch batch, CompletableFuture<AppendResult> answer) {
        Appended appended;
        synchronized (this) {
            var copy = ByteBuffer.allocate(batch.sizeBytes()).put(batch.bytes()).flip();
            RecordBatch.stamp(copy, 0, end, leadership.leaderEpoch());
            batches.add(copy);
            appended =
                    new Appended(end, end + batch.recordCount(), leadership.leaderEpoch(), false, OptionalLong.empty());
            end += batch.recordCount();
            highWatermark = end;
        }
        listeners.forEach(Runnable::run);
        answer.complete(appended);
    }

    @Override
    public long logStartOffset() {
        return logStart;
    }

    @Override
    public long highWatermark() {
        return highWatermark;
    }

    @Override
    public LogRead readSound(long offset, int maxBytes) throws IOException {
        return read(offset, maxBytes);
    }

    @Override
    public LogRead read(long offset, int maxBytes) throws IOException {
        awaitGate();
        var failure = readFailure;
        if (failure != null) {
            throw failure;
        }
        var fault = readFault;
        if (fault != null) {
            throw fault;
        }
        synchronized (this) {
            readCount++;
            var found = new ArrayList<ByteBuffer>();
            int size = 0;
            for (var bytes : batches) {
                boolean fits = found.isEmpty() || size + bytes.limit() <= maxBytes;
                if (RecordBatch.of(bytes).endOffset() > offset && fits) {
                    found.add(bytes);
                    size += bytes.limit();
                } else if (!found.isEmpty()) {
                    break;
                }
            }
            return joined(found, size, offset);
        }
    }

    @Override
    public OptionalLong firstAtOrAfter(long timestampMs, long limitOffset) throws IOException {
        awaitGate();
        var failure = readFailure;
        if (failure != null) {
            throw failure;
        }
        for (var batch : stored()) {
            try (var records = batch.records()) {
                while (records.hasNext()) {
                    var record = records.next();
                    boolean visible = logStart <= record.offset() && record.offset() < limitOffset;
                    if (visible && record.timestamp() >= timestampMs) {
                        return OptionalLong.of(record.offset());
                    }
                }
            }
        }
        return OptionalLong.empty();
    }

    /** What retention and appends are to do, in the answers of {@link #backlog}. */
    public void forecast(OptionalLong newUntilTrimmedMs, double newAppendedPerSecond) {
        untilTrimmedMs = newUntilTrimmedMs;
        appendedPerSecond = newAppendedPerSecond;
    }

    @Override
    public PartitionBacklog backlog(long offset, long limitOffset) throws IOException {
        var failure = readFailure;
        if (failure != null) {
            throw failure;
        }
        var ahead = stored().stream()
                .filter(batch -> batch.endOffset() > offset && batch.baseOffset() < limitOffset)
                .toList();
        long bytes = ahead.stream().mapToLong(RecordBatch::sizeBytes).sum();
        for (var batch : ahead) {
            try (var records = batch.records()) {
                while (records.hasNext()) {
                    var record = records.next();
                    if (record.offset() >= offset && record.offset() < limitOffset) {
                        var timestampMs = OptionalLong.of(record.timestamp());
                        return new PartitionBacklog(bytes, timestampMs, untilTrimmedMs, appendedPerSecond);
                    }
                }
            }
        }
        return new PartitionBacklog(bytes, OptionalLong.empty(), OptionalLong.empty(), appendedPerSecond);
    }

    private static LogRead joined(List<ByteBuffer> found, int size, long offset) {
        if (found.isEmpty()) {
            return LogRead.empty(offset);
        }
        var joined = ByteBuffer.allocate(size);
        found.forEach(bytes -> joined.put(bytes.duplicate()));
        return new LogRead(
                joined.flip(),
                RecordBatch.of(found.get(0)).baseOffset(),
                RecordBatch.of(found.get(found.size() - 1)).endOffset());
    }

    private void awaitGate() throws IOException {
        var gate = readGate;
        if (gate != null) {
            waitingReads.incrementAndGet();
            try {
                gate.await();
                waitingReads.decrementAndGet();
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
        }
    }

    @Override
    public Registration onHighWatermark(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public Leadership leadership() {
        return leadership;
    }

    @Override
    public boolean leads() {
        return leadership.isLeader();
    }

    @Override
    public synchronized long sizeBytes() {
        return batches.stream().mapToLong(ByteBuffer::limit).sum();
    }

    @Override
    public CompactionStatus compaction() {
        var unfinished = compaction;
        return unfinished != null
                ? unfinished
                : new CompactionStatus(
                        highWatermark(), highWatermark(), false, 0, 0, "", OptionalLong.empty(), OptionalLong.empty());
    }
}
