package io.cordwood.server.rpc;

import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.proto.v1.AlterReplicasRequest;
import io.cordwood.proto.v1.AlterReplicasResponse;
import io.cordwood.proto.v1.AlterTopicConfigRequest;
import io.cordwood.proto.v1.AlterTopicConfigResponse;
import io.cordwood.proto.v1.CreatePartitionsRequest;
import io.cordwood.proto.v1.CreatePartitionsResponse;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.CreateTopicResponse;
import io.cordwood.proto.v1.DeleteTopicRequest;
import io.cordwood.proto.v1.DeleteTopicResponse;
import io.cordwood.proto.v1.GetTopicConfigRequest;
import io.cordwood.proto.v1.GetTopicConfigResponse;
import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.GetTopicResponse;
import io.cordwood.proto.v1.ListTopicsRequest;
import io.cordwood.proto.v1.ListTopicsResponse;
import io.cordwood.proto.v1.SettingSource;
import io.cordwood.proto.v1.Topic;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.proto.v1.TransferLeadershipRequest;
import io.cordwood.proto.v1.TransferLeadershipResponse;
import io.cordwood.proto.v1.TrimPartitionRequest;
import io.cordwood.proto.v1.TrimPartitionResponse;
import io.cordwood.server.admin.NewTopic;
import io.cordwood.server.admin.Placements;
import io.cordwood.server.admin.TopicSetting;
import io.cordwood.server.admin.TopicSettings;
import io.cordwood.server.admin.Topics;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The topic service.
 *
 * <p><b>Thread:</b> event loops; nothing here blocks.
 */
final class TopicRpc extends TopicServiceGrpc.TopicServiceImplBase {
    private final Topics topics;
    private final TopicSettings settings;
    private final TrimCall trim;
    private final TransferLeadershipCall transfer;
    private final Placements placements;

    TopicRpc(
            Topics topics,
            TopicSettings settings,
            Placements placements,
            TrimCall trim,
            TransferLeadershipCall transfer) {
        this.placements = placements;
        this.topics = topics;
        this.settings = settings;
        this.trim = trim;
        this.transfer = transfer;
    }

    @Override
    public void createTopic(CreateTopicRequest request, StreamObserver<CreateTopicResponse> out) {
        Answers.unary(out, deadline -> {
            var topic = newTopic(request);
            var created = request.getValidateOnly() ? topics.validate(topic) : topics.create(topic, deadline);
            return created.thenApply(info ->
                    CreateTopicResponse.newBuilder().setTopic(described(info)).build());
        });
    }

    private static NewTopic newTopic(CreateTopicRequest request) {
        RepeatedFields.requireFew("config", request.getConfigCount());
        return new NewTopic(
                request.getName(),
                request.hasPartitionCount() ? OptionalInt.of(request.getPartitionCount()) : OptionalInt.empty(),
                request.hasReplicationFactor() ? OptionalInt.of(request.getReplicationFactor()) : OptionalInt.empty(),
                new TreeMap<>(request.getConfigMap()));
    }

    @Override
    public void getTopic(GetTopicRequest request, StreamObserver<GetTopicResponse> out) {
        Answers.unary(
                out,
                deadline -> (request.getAllowStale()
                                ? topics.findKnown(request.getName())
                                : topics.find(request.getName()))
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

    @Override
    public void getTopicConfig(GetTopicConfigRequest request, StreamObserver<GetTopicConfigResponse> out) {
        Answers.unary(
                out,
                deadline -> settings.find(request.getName())
                        .thenApply(found -> GetTopicConfigResponse.newBuilder()
                                .addAllSettings(described(found))
                                .build()));
    }

    @Override
    public void alterTopicConfig(AlterTopicConfigRequest request, StreamObserver<AlterTopicConfigResponse> out) {
        Answers.unary(out, deadline -> {
            RepeatedFields.requireFew("set", request.getSetCount());
            RepeatedFields.requireFew("reset", request.getResetCount());
            var set = new TreeMap<>(request.getSetMap());
            var reset = new TreeSet<>(request.getResetList());
            var change = request.getValidateOnly()
                    ? settings.validate(request.getName(), set, reset)
                    : settings.alter(request.getName(), set, reset, deadline);
            return change.thenApply(done -> AlterTopicConfigResponse.newBuilder()
                    .addAllBefore(described(done.before()))
                    .addAllAfter(described(done.after()))
                    .build());
        });
    }

    @Override
    public void createPartitions(CreatePartitionsRequest request, StreamObserver<CreatePartitionsResponse> out) {
        Answers.unary(out, deadline -> {
            var grown = request.getValidateOnly()
                    ? topics.validatePartitions(request.getName(), request.getPartitionCount())
                    : topics.addPartitions(request.getName(), request.getPartitionCount(), deadline);
            return grown.thenApply(info -> CreatePartitionsResponse.newBuilder()
                    .setTopic(described(info))
                    .build());
        });
    }

    @Override
    public void transferLeadership(TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> out) {
        Answers.unary(out, deadline -> transfer.call(request, deadline));
    }

    @Override
    public void alterReplicas(AlterReplicasRequest request, StreamObserver<AlterReplicasResponse> out) {
        Answers.unary(
                out,
                deadline -> placements
                        .alter(
                                request.getTopic(),
                                request.getPartition(),
                                request.hasAddNodeId() ? OptionalInt.of(request.getAddNodeId()) : OptionalInt.empty(),
                                request.hasRemoveNodeId()
                                        ? OptionalInt.of(request.getRemoveNodeId())
                                        : OptionalInt.empty(),
                                deadline)
                        .thenApply(info -> AlterReplicasResponse.newBuilder()
                                .setPartition(described(info))
                                .build()));
    }

    private static List<io.cordwood.proto.v1.TopicSetting> described(List<TopicSetting> settings) {
        return settings.stream()
                .map(setting -> io.cordwood.proto.v1.TopicSetting.newBuilder()
                        .setKey(setting.key())
                        .setValue(setting.value())
                        .setDefaultValue(setting.defaultValue())
                        .setSource(
                                setting.setByTopic()
                                        ? SettingSource.SETTING_SOURCE_TOPIC
                                        : SettingSource.SETTING_SOURCE_NODE_DEFAULT)
                        .build())
                .toList();
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

    static io.cordwood.proto.v1.PartitionInfo described(PartitionInfo info) {
        var partition = io.cordwood.proto.v1.PartitionInfo.newBuilder()
                .setPartition(info.partition())
                .addAllReplicas(info.replicas());
        info.leader().ifPresent(leader -> partition.setLeader(leader).setLeaderEpoch(info.leaderEpoch()));
        return partition.build();
    }
}
