package io.cordwood.raft;

import io.cordwood.metadata.Assignor;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.PartitionId;
import io.cordwood.metadata.TrimmedOffsets;
import io.cordwood.proto.internal.v1.GroupAnswer;
import io.cordwood.proto.internal.v1.GroupAssignor;
import io.cordwood.proto.internal.v1.GroupPattern;
import io.cordwood.proto.internal.v1.GroupTopicPartitions;
import io.cordwood.proto.internal.v1.GroupTrimmedOffsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** What commands and images say of consumer groups, to protobuf messages and back: the values in them. Stateless. */
final class GroupMessages {
    private GroupMessages() {}

    static io.cordwood.proto.internal.v1.GroupSettings of(GroupSettings settings) {
        return io.cordwood.proto.internal.v1.GroupSettings.newBuilder()
                .setAssignor(
                        switch (settings.assignor()) {
                            case STICKY -> GroupAssignor.GROUP_ASSIGNOR_STICKY;
                            case RANGE -> GroupAssignor.GROUP_ASSIGNOR_RANGE;
                        })
                .setSessionTimeoutMillis(settings.sessionTimeout().toMillis())
                .setTrimmedOffsets(
                        switch (settings.trimmedOffsets()) {
                            case EARLIEST -> GroupTrimmedOffsets.GROUP_TRIMMED_OFFSETS_EARLIEST;
                            case LATEST -> GroupTrimmedOffsets.GROUP_TRIMMED_OFFSETS_LATEST;
                            case FAIL -> GroupTrimmedOffsets.GROUP_TRIMMED_OFFSETS_FAIL;
                        })
                .build();
    }

    static GroupSettings parse(io.cordwood.proto.internal.v1.GroupSettings message) {
        return new GroupSettings(
                switch (message.getAssignor()) {
                    case GROUP_ASSIGNOR_STICKY -> Assignor.STICKY;
                    case GROUP_ASSIGNOR_RANGE -> Assignor.RANGE;
                    case GROUP_ASSIGNOR_UNSPECIFIED, UNRECOGNIZED -> throw newer("an assignor");
                },
                Duration.ofMillis(message.getSessionTimeoutMillis()),
                switch (message.getTrimmedOffsets()) {
                    case GROUP_TRIMMED_OFFSETS_EARLIEST -> TrimmedOffsets.EARLIEST;
                    case GROUP_TRIMMED_OFFSETS_LATEST -> TrimmedOffsets.LATEST;
                    case GROUP_TRIMMED_OFFSETS_FAIL -> TrimmedOffsets.FAIL;
                    case GROUP_TRIMMED_OFFSETS_UNSPECIFIED, UNRECOGNIZED -> throw newer("a policy of trimmed offsets");
                });
    }

    private static NewerFormatException newer(String what) {
        return new NewerFormatException("group with " + what + " that this program does not know: run a newer one");
    }

    static io.cordwood.proto.internal.v1.GroupLimits of(GroupLimits limits) {
        return io.cordwood.proto.internal.v1.GroupLimits.newBuilder()
                .setMaxGroups(limits.maxGroups())
                .setMaxMembersPerGroup(limits.maxMembersPerGroup())
                .setMaxMetadataBytes(limits.maxMetadataBytes())
                .setMaxGroupBytes(limits.maxGroupBytes())
                .setMaxTotalBytes(limits.maxTotalBytes())
                .build();
    }

    static GroupLimits parse(io.cordwood.proto.internal.v1.GroupLimits message) {
        return new GroupLimits(
                message.getMaxGroups(),
                message.getMaxMembersPerGroup(),
                message.getMaxMetadataBytes(),
                message.getMaxGroupBytes(),
                message.getMaxTotalBytes());
    }

    static io.cordwood.proto.internal.v1.GroupSubscription of(GroupSubscription subscription) {
        return io.cordwood.proto.internal.v1.GroupSubscription.newBuilder()
                .addAllTopics(subscription.topics())
                .setPattern(subscription.pattern())
                .build();
    }

    static GroupSubscription parse(io.cordwood.proto.internal.v1.GroupSubscription message) {
        return new GroupSubscription(new TreeSet<>(message.getTopicsList()), message.getPattern());
    }

    static List<GroupPattern> patterns(SortedMap<String, SortedSet<String>> patterns) {
        var messages = new ArrayList<GroupPattern>();
        patterns.forEach((pattern, topics) -> messages.add(GroupPattern.newBuilder()
                .setPattern(pattern)
                .addAllTopics(topics)
                .build()));
        return messages;
    }

    static SortedMap<String, SortedSet<String>> parsePatterns(List<GroupPattern> messages) {
        var patterns = new TreeMap<String, SortedSet<String>>();
        messages.forEach(message -> patterns.put(message.getPattern(), new TreeSet<>(message.getTopicsList())));
        return patterns;
    }

    /** Tells runs of neighbours that are of one topic: they are written together, and their order stays. */
    static <T> void byTopic(Iterable<T> items, Function<T, UUID> topicOf, BiConsumer<UUID, List<T>> runs) {
        var run = new ArrayList<T>();
        for (T item : items) {
            if (!run.isEmpty() && !topicOf.apply(run.get(0)).equals(topicOf.apply(item))) {
                runs.accept(topicOf.apply(run.get(0)), List.copyOf(run));
                run.clear();
            }
            run.add(item);
        }
        if (!run.isEmpty()) {
            runs.accept(topicOf.apply(run.get(0)), run);
        }
    }

    static List<GroupTopicPartitions> partitions(List<PartitionId> partitions) {
        var messages = new ArrayList<GroupTopicPartitions>();
        byTopic(
                partitions,
                PartitionId::topicId,
                (topicId, run) -> messages.add(GroupTopicPartitions.newBuilder()
                        .setTopicId(Uuids.toBytes(topicId))
                        .addAllPartitions(
                                run.stream().map(PartitionId::partition).toList())
                        .build()));
        return messages;
    }

    static List<PartitionId> parsePartitions(List<GroupTopicPartitions> messages) {
        var partitions = new ArrayList<PartitionId>();
        for (GroupTopicPartitions message : messages) {
            var topicId = Uuids.parse(message.getTopicId());
            message.getPartitionsList().forEach(number -> partitions.add(new PartitionId(topicId, number)));
        }
        return partitions;
    }

    static GroupAnswer of(MetadataResult.GroupAnswer answer) {
        var message = GroupAnswer.newBuilder().setIndex(answer.index());
        answer.refused()
                .forEach((place, refusal) -> message.addRefused(io.cordwood.proto.internal.v1.GroupRefusal.newBuilder()
                        .setPlace(place)
                        .setReason(refusal.reason().name())
                        .setField(refusal.field())
                        .setValue(refusal.value())
                        .setLimit(refusal.limit())));
        return message.build();
    }

    static MetadataResult.GroupAnswer parse(GroupAnswer message) {
        var refused = new TreeMap<Integer, GroupRefusal>();
        message.getRefusedList()
                .forEach(refusal -> refused.put(
                        refusal.getPlace(),
                        new GroupRefusal(
                                GroupReason.valueOf(refusal.getReason()),
                                refusal.getField(),
                                refusal.getValue(),
                                refusal.getLimit())));
        return new MetadataResult.GroupAnswer(message.getIndex(), refused);
    }
}
