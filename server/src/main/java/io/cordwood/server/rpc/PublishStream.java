package io.cordwood.server.rpc;

import io.cordwood.proto.v1.Durability;
import io.cordwood.proto.v1.PublishAck;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.AppendResult;
import io.cordwood.server.partition.AppendResult.Appended;
import io.cordwood.server.partition.AppendResult.Refused;
import io.cordwood.server.partition.BatchIntake;
import io.cordwood.server.partition.ByteBudget;
import io.cordwood.server.partition.PublishBatch;
import io.cordwood.server.partition.PublishPipeline;
import io.cordwood.server.partition.TopicPartition;
import io.cordwood.server.tracing.CallTrace;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One Publish call. Takes one message at a time off the wire, and none while a budget is used up or the client does not
 * read its acks.
 *
 * <p>Invariants: what is charged is given back once the ack is written; at any moment either a message was asked for,
 * or the turn to ask is kept in {@code turn}.
 *
 * <p><b>Thread:</b> requests come on an event loop, which only charges and enqueues; answers on whatever thread ends a
 * batch, one at a time.
 */
final class PublishStream implements StreamObserver<PublishRequest>, OpenStream {
    /** What a waiting batch takes besides its bytes. */
    static final int OVERHEAD_BYTES = 256;

    private final ServerCallStreamObserver<PublishResponse> out;
    private final List<ByteBudget> budgets;
    private final PublishPipeline pipeline;
    private final CallTrace trace = TraceHeaders.ofCurrentCall();
    private final AtomicBoolean turn = new AtomicBoolean(true);
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Runnable onEnd;

    /**
     * @param latency of batches that are appended
     * @param onEnd called once, when no more answers come
     */
    PublishStream(
            ServerCallStreamObserver<PublishResponse> out,
            List<ByteBudget> budgets,
            BatchIntake intake,
            Executor validationPool,
            Timer latency,
            StreamEnd onEnd) {
        this.out = out;
        this.budgets = List.copyOf(budgets);
        this.pipeline = new PublishPipeline(intake, validationPool, this::answer, latency);
        this.onEnd = () -> onEnd.ended(this);
    }

    /** To be called before the call's handler returns. */
    void start() {
        out.disableAutoRequest();
        out.setOnReadyHandler(this::maybeRequest);
        out.setOnCancelHandler(this::cancelled);
        maybeRequest();
    }

    @Override
    public void onNext(PublishRequest request) {
        var bytes = request.getBatch();
        long charge = (long) bytes.size() + OVERHEAD_BYTES;
        budgets.forEach(budget -> budget.take(charge));
        pipeline.submit(new PublishBatch(
                request.getCorrelationId(),
                new TopicPartition(request.getTopic(), request.getPartition()),
                request.hasTopicId() ? request.getTopicId() : null,
                bytes.asReadOnlyByteBuffer(),
                request.hasExpectedEndOffset() ? OptionalLong.of(request.getExpectedEndOffset()) : OptionalLong.empty(),
                charge,
                trace));
        turn.set(true);
        maybeRequest();
    }

    @Override
    public void onCompleted() {
        pipeline.whenDrained(() -> end(out::onCompleted));
    }

    @Override
    public void onError(Throwable cause) {
        cancelled();
    }

    @Override
    public void stop(Refusal refusal) {
        turn.set(false);
        pipeline.close(refusal);
        pipeline.whenDrained(() -> end(() -> out.onError(Errors.exception(refusal))));
    }

    private void cancelled() {
        pipeline.close(Refusal.of(Reason.SHUTTING_DOWN, "the call was cancelled before the batch was appended"));
        end(() -> {});
    }

    private void end(Runnable last) {
        if (ended.compareAndSet(false, true)) {
            last.run();
            onEnd.run();
        }
    }

    private void maybeRequest() {
        boolean mayAsk = turn.get()
                && out.isReady()
                && budgets.stream().allMatch(budget -> budget.hasRoomOr(this::maybeRequest))
                && turn.compareAndSet(true, false);
        if (mayAsk) {
            out.request(1);
        }
    }

    private void answer(PublishBatch batch, AppendResult result) {
        if (!ended.get()) {
            out.onNext(response(batch, result));
        }
        budgets.forEach(budget -> budget.give(batch.chargedBytes()));
    }

    private static PublishResponse response(PublishBatch batch, AppendResult result) {
        var response = PublishResponse.newBuilder().setCorrelationId(batch.correlationId());
        if (result instanceof Appended appended) {
            return response.setAck(ack(appended)).build();
        } else if (result instanceof Refused refused) {
            return response.setError(Errors.status(refused.refusal())).build();
        }
        throw new IllegalStateException("no answer for " + result.getClass());
    }

    private static PublishAck ack(Appended appended) {
        var ack = PublishAck.newBuilder()
                .setBaseOffset(appended.baseOffset())
                .setEndOffset(appended.endOffset())
                .setLeaderEpoch(appended.leaderEpoch())
                .setDurability(Durability.DURABILITY_MAJORITY_FORCED)
                .setDuplicate(appended.duplicate());
        appended.logAppendTimeMs().ifPresent(ack::setLogAppendTimeMs);
        return ack.build();
    }
}
