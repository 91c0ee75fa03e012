package io.cordwood.client;

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
import io.cordwood.proto.v1.PartitionInfo;
import io.cordwood.proto.v1.SettingSource;
import io.cordwood.proto.v1.Topic;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.proto.v1.TopicSetting;
import io.cordwood.proto.v1.TransferLeadershipRequest;
import io.cordwood.proto.v1.TransferLeadershipResponse;
import io.cordwood.proto.v1.TrimPartitionRequest;
import io.cordwood.proto.v1.TrimPartitionResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The topics of a {@link ScriptedCluster}. */
final class ScriptedTopicService extends TopicServiceGrpc.TopicServiceImplBase {
    /** Small, so that three topics need two pages. */
    private static final int PAGE_SIZE = 2;

    private final ScriptedCluster cluster;

    ScriptedTopicService(ScriptedCluster cluster) {
        this.cluster = cluster;
    }

    /** Answers, or fails as planned; an effect may happen although the answer is a failure. */
    static <R> void answer(ScriptedAnswers answers, String method, StreamObserver<R> observer, Supplier<R> effect) {
        var failure = answers.next(method);
        if (failure.isPresent()) {
            if (failure.get().afterwards()) {
                var unused = effect.get();
            }
            observer.onError(Refusals.thrown(failure.get().status()));
            return;
        }
        try {
            observer.onNext(effect.get());
            observer.onCompleted();
        } catch (io.grpc.StatusRuntimeException e) {
            observer.onError(e);
        }
    }

    @Override
    public void createTopic(CreateTopicRequest request, StreamObserver<CreateTopicResponse> observer) {
        answer(cluster.answers, "CreateTopic", observer, () -> {
            synchronized (cluster) {
                if (cluster.topics.containsKey(request.getName())) {
                    throw Refusals.thrown(Refusals.of("TOPIC_EXISTS", request.getName() + " exists"));
                }
                var topic = cluster.createTopic(request.getName(), request.getPartitionCount());
                topic.config.putAll(request.getConfigMap());
                return CreateTopicResponse.newBuilder()
                        .setTopic(describe(request.getName()))
                        .build();
            }
        });
    }

    @Override
    public void getTopic(GetTopicRequest request, StreamObserver<GetTopicResponse> observer) {
        answer(cluster.answers, "GetTopic", observer, () -> {
            synchronized (cluster) {
                requireTopic(request.getName());
                var current = describe(request.getName());
                return GetTopicResponse.newBuilder()
                        .setTopic(
                                request.getAllowStale()
                                        ? cluster.known.getOrDefault(request.getName(), current)
                                        : current)
                        .build();
            }
        });
    }

    @Override
    public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> observer) {
        answer(cluster.answers, "ListTopics", observer, () -> {
            synchronized (cluster) {
                var names = cluster.topics.keySet().stream().sorted().toList();
                int start = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
                int end = Math.min(names.size(), start + PAGE_SIZE);
                var page = ListTopicsResponse.newBuilder();
                names.subList(start, end)
                        .forEach(name -> page.addTopics(
                                describe(name).toBuilder().clearPartitions().build()));
                return page.setNextPageToken(end < names.size() ? Integer.toString(end) : "")
                        .build();
            }
        });
    }

    @Override
    public void deleteTopic(DeleteTopicRequest request, StreamObserver<DeleteTopicResponse> observer) {
        answer(cluster.answers, "DeleteTopic", observer, () -> {
            synchronized (cluster) {
                requireTopic(request.getName());
                cluster.deleteTopic(request.getName());
                return DeleteTopicResponse.getDefaultInstance();
            }
        });
    }

    @Override
    public void trimPartition(TrimPartitionRequest request, StreamObserver<TrimPartitionResponse> observer) {
        answer(cluster.answers, "TrimPartition", observer, () -> {
            synchronized (cluster) {
                requireTopic(request.getTopic());
                return TrimPartitionResponse.newBuilder()
                        .setLogStartOffset(Long.parseLong(request.getStart()))
                        .setHighWatermark(100 + request.getPartition())
                        .build();
            }
        });
    }

    @Override
    public void getTopicConfig(GetTopicConfigRequest request, StreamObserver<GetTopicConfigResponse> observer) {
        answer(cluster.answers, "GetTopicConfig", observer, () -> {
            synchronized (cluster) {
                requireTopic(request.getName());
                var settings = settings(cluster.topic(request.getName()).config);
                return GetTopicConfigResponse.newBuilder()
                        .addAllSettings(settings)
                        .build();
            }
        });
    }

    @Override
    public void alterTopicConfig(AlterTopicConfigRequest request, StreamObserver<AlterTopicConfigResponse> observer) {
        answer(cluster.answers, "AlterTopicConfig", observer, () -> {
            synchronized (cluster) {
                requireTopic(request.getName());
                var config = cluster.topic(request.getName()).config;
                var altered = new TreeMap<>(config);
                altered.keySet().removeAll(request.getResetList());
                altered.putAll(request.getSetMap());
                var response = AlterTopicConfigResponse.newBuilder()
                        .addAllBefore(settings(config))
                        .addAllAfter(settings(altered))
                        .build();
                if (!request.getValidateOnly()) {
                    config.clear();
                    config.putAll(altered);
                }
                return response;
            }
        });
    }

    /** Two settings, both 0 where a topic says nothing. */
    private static List<TopicSetting> settings(Map<String, String> config) {
        return Stream.of("segment.age.ms", "segment.bytes")
                .map(key -> TopicSetting.newBuilder()
                        .setKey(key)
                        .setValue(config.getOrDefault(key, "0"))
                        .setDefaultValue("0")
                        .setSource(
                                config.containsKey(key)
                                        ? SettingSource.SETTING_SOURCE_TOPIC
                                        : SettingSource.SETTING_SOURCE_NODE_DEFAULT)
                        .build())
                .toList();
    }

    @Override
    public void createPartitions(CreatePartitionsRequest request, StreamObserver<CreatePartitionsResponse> observer) {
        answer(cluster.answers, "CreatePartitions", observer, () -> {
            synchronized (cluster) {
                requireTopic(request.getName());
                int now = cluster.topic(request.getName()).logs.size();
                if (request.getPartitionCount() <= now) {
                    throw Refusals.thrown(Refusals.of("INVALID_PARTITION_COUNT", "there are " + now));
                }
                var response = CreatePartitionsResponse.newBuilder();
                if (request.getValidateOnly()) {
                    var more = describe(request.getName()).toBuilder();
                    for (int partition = now; partition < request.getPartitionCount(); partition++) {
                        more.addPartitions(PartitionInfo.newBuilder().setPartition(partition));
                    }
                    return response.setTopic(more).build();
                }
                cluster.addPartitions(request.getName(), request.getPartitionCount());
                return response.setTopic(describe(request.getName())).build();
            }
        });
    }

    @Override
    public void transferLeadership(
            TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> observer) {
        answer(cluster.answers, "TransferLeadership", observer, () -> {
            synchronized (cluster) {
                requireTopic(request.getTopic());
                if (!cluster.addresses().containsKey(request.getNodeId())) {
                    throw Refusals.thrown(Refusals.of("UNKNOWN_NODE", "no node " + request.getNodeId()));
                }
                cluster.moveLeader(request.getTopic(), request.getPartition(), request.getNodeId());
                return TransferLeadershipResponse.newBuilder()
                        .setPartition(describe(request.getTopic()).getPartitions(request.getPartition()))
                        .build();
            }
        });
    }

    /** Replicas are where they are from the beginning: a change that makes them so was made before. */
    @Override
    public void alterReplicas(AlterReplicasRequest request, StreamObserver<AlterReplicasResponse> observer) {
        answer(cluster.answers, "AlterReplicas", observer, () -> {
            synchronized (cluster) {
                requireTopic(request.getTopic());
                var nodes = cluster.addresses().keySet();
                if (request.hasAddNodeId() && nodes.contains(request.getAddNodeId())) {
                    throw Refusals.thrown(Refusals.of("REPLICA_EXISTS", "replicas are on " + nodes));
                }
                throw Refusals.thrown(Refusals.of("TARGET_NOT_REPLICA", "replicas are on " + nodes));
            }
        });
    }

    private void requireTopic(String name) {
        if (!cluster.topics.containsKey(name)) {
            throw Refusals.thrown(Refusals.of("UNKNOWN_TOPIC", "no topic " + name, Map.of("topic", name)));
        }
    }

    Topic describe(String name) {
        var topic = cluster.topic(name);
        var described = Topic.newBuilder()
                .setName(name)
                .setTopicId(topic.id.toString())
                .setPartitionCount(topic.logs.size())
                .setReplicationFactor(cluster.addresses().size())
                .putAllConfig(topic.config);
        for (int partition = 0; partition < topic.logs.size(); partition++) {
            var log = topic.logs.get(partition);
            var info = PartitionInfo.newBuilder()
                    .setPartition(partition)
                    .addAllReplicas(List.copyOf(cluster.addresses().keySet()));
            if (!topic.hidesLeaders) {
                info.setLeader(log.leader()).setLeaderEpoch(log.leaderEpoch());
            }
            described.addPartitions(info);
        }
        return described.build();
    }
}
