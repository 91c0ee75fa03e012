package io.cordwood.server.rpc;

import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.FetchResponse;
import io.cordwood.proto.v1.InitProducerRequest;
import io.cordwood.proto.v1.InitProducerResponse;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.ListOffsetsResponse;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.ProduceResponse;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.partition.BatchIntake;
import io.cordwood.server.partition.ByteBudget;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.StartOffsets;
import io.cordwood.server.partition.Subscription;
import io.cordwood.server.tracing.Tracing;
import io.cordwood.store.ProducerState;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The data service.
 *
 * <p><b>Thread:</b> event loops; nothing here blocks.
 */
final class DataRpc extends DataServiceGrpc.DataServiceImplBase {
    private final Streaming streaming;
    private final ByteBudget nodeBudget;
    private final ProduceCall produce;
    private final FetchCall fetch;
    private final ListOffsetsCall listOffsets;
    private final Cluster cluster;

    /** What the two streaming calls work with. */
    record Streaming(
            Partitions partitions,
            StartOffsets starts,
            BatchIntake intake,
            Executor validationPool,
            Executor readers,
            OpenStreams open,
            ServerMeters meters,
            Tracing tracing) {}

    /** What the unary calls work with. */
    record Unary(ProduceCall produce, FetchCall fetch, ListOffsetsCall listOffsets, Cluster cluster) {}

    DataRpc(Streaming streaming, Unary unary, ByteBudget nodeBudget) {
        this.streaming = streaming;
        this.nodeBudget = nodeBudget;
        this.produce = unary.produce();
        this.fetch = unary.fetch();
        this.listOffsets = unary.listOffsets();
        this.cluster = unary.cluster();
    }

    @Override
    public StreamObserver<PublishRequest> publish(StreamObserver<PublishResponse> out) {
        var call = (ServerCallStreamObserver<PublishResponse>) out;
        var budgets = List.of(ConnectionBudgets.ofCurrentCall(), nodeBudget);
        var stream = new PublishStream(
                call,
                budgets,
                streaming.intake(),
                streaming.validationPool(),
                streaming.meters().publishes(),
                streaming.open()::remove);
        streaming.open().add(stream);
        stream.start();
        return stream;
    }

    @Override
    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> out) {
        var call = (ServerCallStreamObserver<SubscribeResponse>) out;
        var stream = new SubscribeStream(
                call,
                (sink) -> new Subscription(
                        streaming.partitions(),
                        streaming.starts(),
                        streaming.readers(),
                        sink,
                        streaming.meters().subscribes()),
                streaming.meters(),
                streaming.tracing(),
                streaming.open()::remove);
        streaming.open().add(stream);
        stream.start();
        return stream;
    }

    @Override
    public void produce(ProduceRequest request, StreamObserver<ProduceResponse> out) {
        Answers.unary(out, deadline -> produceWithinBudget(request, deadline));
    }

    @Override
    public void fetch(FetchRequest request, StreamObserver<FetchResponse> out) {
        Answers.unary(out, deadline -> fetch.call(request, deadline));
    }

    @Override
    public void listOffsets(ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> out) {
        Answers.unary(out, deadline -> listOffsets.call(request, deadline));
    }

    @Override
    public void initProducer(InitProducerRequest request, StreamObserver<InitProducerResponse> out) {
        Answers.unary(
                out,
                deadline -> cluster.nextProducerId()
                        .thenApply(id -> InitProducerResponse.newBuilder()
                                .setProducerId(id)
                                .setProducerEpoch(0)
                                .setBatchesRemembered(ProducerState.BATCHES_KEPT)
                                .setClusterId(cluster.image().clusterId())
                                .build()));
    }

    private CompletableFuture<ProduceResponse> produceWithinBudget(ProduceRequest request, Deadline deadline) {
        long charge = request.getSerializedSize();
        if (!nodeBudget.tryTake(charge)) {
            throw Refusal.of(
                            Reason.OVERLOADED,
                            "the node has " + nodeBudget.usedBytes() + " bytes in flight; send more slowly")
                    .with(Refusal.SETTING, "node.in-flight-max-bytes")
                    .with(Refusal.LIMIT, nodeBudget.limitBytes())
                    .with(Refusal.VALUE, nodeBudget.usedBytes())
                    .exception();
        }
        return charged(request, deadline).whenComplete((response, failure) -> nodeBudget.give(charge));
    }

    private CompletableFuture<ProduceResponse> charged(ProduceRequest request, Deadline deadline) {
        try {
            return produce.call(request, deadline);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
