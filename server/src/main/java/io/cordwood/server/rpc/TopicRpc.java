package io.cordwood.server.rpc;

import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.CreateTopicResponse;
import io.cordwood.proto.v1.DeleteTopicRequest;
import io.cordwood.proto.v1.DeleteTopicResponse;
import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.GetTopicResponse;
import io.cordwood.proto.v1.ListTopicsRequest;
import io.cordwood.proto.v1.ListTopicsResponse;
import io.cordwood.proto.v1.Topic;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.proto.v1.TrimPartitionRequest;
import io.cordwood.proto.v1.TrimPartitionResponse;
import io.cordwood.server.admin.NewTopic;
import io.cordwood.server.admin.Topics;
import io.grpc.stub.StreamObserver;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The topic service.
 *
 * <p><b>Thread:</b> event loops; nothing here blocks.
 */
final class TopicRpc extends TopicServiceGrpc.TopicServiceImplBase {
    private final Topics topics;

    private final TrimCall trim;

    TopicRpc(Topics topics, TrimCall trim) {
        this.topics = topics;
        this.trim = trim;
    }

    @Override
    public void createTopic(CreateTopicRequest request, StreamObserver<CreateTopicResponse> out) {
        var topic = new NewTopic(
                request.getName(),
                request.hasPartitionCount() ? OptionalInt.of(request.getPartitionCount()) : OptionalInt.empty(),
                request.hasReplicationFactor() ? OptionalInt.of(request.getReplicationFactor()) : OptionalInt.empty(),
                new TreeMap<>(request.getConfigMap()));
        Answers.unary(out, deadline -> {
            var created = request.getValidateOnly() ? topics.validate(topic) : topics.create(topic, deadline);
            return created.thenApply(info ->
                    CreateTopicResponse.newBuilder().setTopic(described(info)).build());
        });
    }

    @Override
    public void getTopic(GetTopicRequest request, StreamObserver<GetTopicResponse> out) {
        Answers.unary(
                out,
                deadline -> topics.find(request.getName())
                        .thenApply(info -> GetTopicResponse.newBuilder()
                                .setTopic(described(info))
                                .build()));
    }

    @Override
    public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> out) {
        Answers.unary(
                out,
                deadline -> topics.list(request.getPageSize(), request.getPageToken(), request.getIncludeInternal())
                        .thenApply(page -> {
                            var response = ListTopicsResponse.newBuilder().setNextPageToken(page.nextToken());
                            page.topics().forEach(info -> response.addTopics(listed(info)));
                            return response.build();
                        }));
    }

    @Override
    public void deleteTopic(DeleteTopicRequest request, StreamObserver<DeleteTopicResponse> out) {
        Answers.unary(
                out,
                deadline -> topics.delete(request.getName(), deadline)
                        .thenApply(done -> DeleteTopicResponse.getDefaultInstance()));
    }

    @Override
    public void trimPartition(TrimPartitionRequest request, StreamObserver<TrimPartitionResponse> out) {
        Answers.unary(out, deadline -> trim.call(request, deadline));
    }

    private static Topic described(TopicInfo info) {
        var topic = listed(info);
        info.partitions().forEach(partition -> topic.addPartitions(described(partition)));
        return topic.build();
    }

    private static Topic.Builder listed(TopicInfo info) {
        return Topic.newBuilder()
                .setName(info.name())
                .setTopicId(info.topicId().toString())
                .setPartitionCount(info.partitions().size())
                .setReplicationFactor(info.replicationFactor())
                .putAllConfig(info.config());
    }

    private static io.cordwood.proto.v1.PartitionInfo described(PartitionInfo info) {
        var partition = io.cordwood.proto.v1.PartitionInfo.newBuilder()
                .setPartition(info.partition())
                .addAllReplicas(info.replicas());
        info.leader().ifPresent(leader -> partition.setLeader(leader).setLeaderEpoch(info.leaderEpoch()));
        return partition.build();
    }
}
