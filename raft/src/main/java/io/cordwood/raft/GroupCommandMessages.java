package io.cordwood.raft;

import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.internal.v1.Command;
import io.cordwood.proto.internal.v1.CommitGroupOffsets;
import io.cordwood.proto.internal.v1.DeleteGroupCommand;
import io.cordwood.proto.internal.v1.DeleteGroupOffsets;
import io.cordwood.proto.internal.v1.ExpireGroups;
import io.cordwood.proto.internal.v1.GroupCommit;
import io.cordwood.proto.internal.v1.GroupJoin;
import io.cordwood.proto.internal.v1.GroupMemberRef;
import io.cordwood.proto.internal.v1.GroupOffset;
import io.cordwood.proto.internal.v1.GroupRefresh;
import io.cordwood.proto.internal.v1.GroupRelease;
import io.cordwood.proto.internal.v1.GroupTopicOffsets;
import io.cordwood.proto.internal.v1.JoinGroups;
import io.cordwood.proto.internal.v1.RefreshGroups;
import io.cordwood.proto.internal.v1.ReleasePartitions;
import io.cordwood.proto.internal.v1.RemoveMembers;
import io.cordwood.proto.internal.v1.ResetGroupOffsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Commands about consumer groups to protobuf messages and back. Stateless. */
final class GroupCommandMessages {
    private GroupCommandMessages() {}

    static Command of(GroupCommand command) {
        var message = Command.newBuilder();
        if (command instanceof GroupCommand.JoinGroups join) {
            message.setJoinGroups(JoinGroups.newBuilder()
                    .setLimits(GroupMessages.of(join.limits()))
                    .addAllJoins(
                            join.joins().stream().map(GroupCommandMessages::of).toList()));
        } else if (command instanceof GroupCommand.RemoveMembers remove) {
            message.setRemoveMembers(of(remove));
        } else if (command instanceof GroupCommand.ReleasePartitions release) {
            message.setReleasePartitions(ReleasePartitions.newBuilder()
                    .addAllReleases(release.releases().stream()
                            .map(GroupCommandMessages::of)
                            .toList()));
        } else if (command instanceof GroupCommand.RefreshGroups refresh) {
            message.setRefreshGroups(RefreshGroups.newBuilder()
                    .addAllGroups(refresh.groups().stream()
                            .map(GroupCommandMessages::of)
                            .toList()));
        } else if (command instanceof GroupCommand.CommitOffsets commit) {
            message.setCommitGroupOffsets(CommitGroupOffsets.newBuilder()
                    .setTimeMillis(commit.timeMillis())
                    .setLimits(GroupMessages.of(commit.limits()))
                    .addAllCommits(commit.commits().stream()
                            .map(GroupCommandMessages::of)
                            .toList()));
        } else if (command instanceof GroupCommand.ResetOffsets reset) {
            message.setResetGroupOffsets(of(reset));
        } else if (command instanceof GroupCommand.DeleteOffsets delete) {
            message.setDeleteGroupOffsets(DeleteGroupOffsets.newBuilder()
                    .setGroup(delete.group())
                    .addAllPartitions(GroupMessages.partitions(delete.partitions())));
        } else if (command instanceof GroupCommand.DeleteGroup delete) {
            message.setDeleteGroup(DeleteGroupCommand.newBuilder().setGroup(delete.group()));
        } else if (command instanceof GroupCommand.ExpireGroups expire) {
            message.setExpireGroups(ExpireGroups.newBuilder()
                    .setEmptyUntilMillis(expire.emptyUntilMillis())
                    .addAllGroups(expire.groups()));
        } else {
            throw new IllegalStateException("no message for " + command.getClass());
        }
        return message.build();
    }

    /** @param message whose kind is one of these */
    static GroupCommand parse(Command message) {
        return switch (message.getKindCase()) {
            case JOIN_GROUPS -> parse(message.getJoinGroups());
            case REMOVE_MEMBERS -> parse(message.getRemoveMembers());
            case RELEASE_PARTITIONS ->
                new GroupCommand.ReleasePartitions(message.getReleasePartitions().getReleasesList().stream()
                        .map(GroupCommandMessages::parse)
                        .toList());
            case REFRESH_GROUPS ->
                new GroupCommand.RefreshGroups(message.getRefreshGroups().getGroupsList().stream()
                        .map(GroupCommandMessages::parse)
                        .toList());
            case COMMIT_GROUP_OFFSETS -> parse(message.getCommitGroupOffsets());
            case RESET_GROUP_OFFSETS -> parse(message.getResetGroupOffsets());
            case DELETE_GROUP_OFFSETS ->
                new GroupCommand.DeleteOffsets(
                        message.getDeleteGroupOffsets().getGroup(),
                        GroupMessages.parsePartitions(
                                message.getDeleteGroupOffsets().getPartitionsList()));
            case DELETE_GROUP ->
                new GroupCommand.DeleteGroup(message.getDeleteGroup().getGroup());
            case EXPIRE_GROUPS ->
                new GroupCommand.ExpireGroups(
                        message.getExpireGroups().getEmptyUntilMillis(),
                        message.getExpireGroups().getGroupsList());
            default -> throw new IllegalStateException("no command about groups: " + message.getKindCase());
        };
    }

    private static GroupJoin of(GroupCommand.Join join) {
        return GroupJoin.newBuilder()
                .setGroup(join.group())
                .setMemberId(join.memberId())
                .setName(join.name())
                .setInstanceId(join.instanceId())
                .setReplaces(join.replaces())
                .setRack(join.rack())
                .setClientHost(join.clientHost())
                .setSubscription(GroupMessages.of(join.subscription()))
                .addAllPatternTopics(join.patternTopics())
                .setSettings(GroupMessages.of(join.settings()))
                .build();
    }

    private static GroupCommand parse(JoinGroups message) {
        return new GroupCommand.JoinGroups(
                GroupMessages.parse(message.getLimits()),
                message.getJoinsList().stream().map(GroupCommandMessages::parse).toList());
    }

    private static GroupCommand.Join parse(GroupJoin message) {
        return new GroupCommand.Join(
                message.getGroup(),
                message.getMemberId(),
                message.getName(),
                message.getInstanceId(),
                message.getReplaces(),
                message.getRack(),
                message.getClientHost(),
                GroupMessages.parse(message.getSubscription()),
                new TreeSet<>(message.getPatternTopicsList()),
                GroupMessages.parse(message.getSettings()));
    }

    private static RemoveMembers of(GroupCommand.RemoveMembers remove) {
        var message = RemoveMembers.newBuilder().setTimeMillis(remove.timeMillis());
        remove.members()
                .forEach(member -> message.addMembers(
                        GroupMemberRef.newBuilder().setGroup(member.group()).setMemberId(member.memberId())));
        return message.build();
    }

    private static GroupCommand parse(RemoveMembers message) {
        return new GroupCommand.RemoveMembers(
                message.getTimeMillis(),
                message.getMembersList().stream()
                        .map(member -> new GroupCommand.MemberRef(member.getGroup(), member.getMemberId()))
                        .toList());
    }

    private static GroupRelease of(GroupCommand.Release release) {
        return GroupRelease.newBuilder()
                .setGroup(release.group())
                .setMemberId(release.memberId())
                .setEpoch(release.epoch())
                .addAllPartitions(GroupMessages.partitions(release.partitions()))
                .build();
    }

    private static GroupCommand.Release parse(GroupRelease message) {
        return new GroupCommand.Release(
                message.getGroup(),
                message.getMemberId(),
                message.getEpoch(),
                GroupMessages.parsePartitions(message.getPartitionsList()));
    }

    private static GroupRefresh of(GroupCommand.Refresh refresh) {
        return GroupRefresh.newBuilder()
                .setGroup(refresh.group())
                .setPattern(refresh.pattern())
                .addAllAdded(refresh.added())
                .addAllRemoved(refresh.removed())
                .build();
    }

    private static GroupCommand.Refresh parse(GroupRefresh message) {
        return new GroupCommand.Refresh(
                message.getGroup(),
                message.getPattern(),
                new TreeSet<>(message.getAddedList()),
                new TreeSet<>(message.getRemovedList()));
    }

    private static GroupCommit of(GroupCommand.Commit commit) {
        return GroupCommit.newBuilder()
                .setGroup(commit.group())
                .setMemberId(commit.memberId())
                .setEpoch(commit.epoch())
                .addAllTopics(offsets(commit.offsets()))
                .build();
    }

    private static GroupCommand.Commit parse(GroupCommit message) {
        return new GroupCommand.Commit(
                message.getGroup(), message.getMemberId(), message.getEpoch(), parseOffsets(message.getTopicsList()));
    }

    private static GroupCommand parse(CommitGroupOffsets message) {
        return new GroupCommand.CommitOffsets(
                message.getTimeMillis(),
                GroupMessages.parse(message.getLimits()),
                message.getCommitsList().stream()
                        .map(GroupCommandMessages::parse)
                        .toList());
    }

    private static ResetGroupOffsets of(GroupCommand.ResetOffsets reset) {
        return ResetGroupOffsets.newBuilder()
                .setTimeMillis(reset.timeMillis())
                .setLimits(GroupMessages.of(reset.limits()))
                .setGroup(reset.group())
                .addAllTopics(offsets(reset.offsets()))
                .setForce(reset.force())
                .setCreate(reset.create())
                .build();
    }

    private static GroupCommand parse(ResetGroupOffsets message) {
        return new GroupCommand.ResetOffsets(
                message.getTimeMillis(),
                GroupMessages.parse(message.getLimits()),
                message.getGroup(),
                parseOffsets(message.getTopicsList()),
                message.getForce(),
                message.getCreate());
    }

    private static List<GroupTopicOffsets> offsets(List<GroupCommand.PartitionOffset> offsets) {
        var messages = new ArrayList<GroupTopicOffsets>();
        GroupMessages.byTopic(offsets, offset -> offset.partition().topicId(), (topicId, run) -> {
            var message = GroupTopicOffsets.newBuilder().setTopicId(Uuids.toBytes(topicId));
            run.forEach(offset -> message.addOffsets(GroupOffset.newBuilder()
                    .setPartition(offset.partition().partition())
                    .setOffset(offset.offset())
                    .setLeaderEpoch(offset.leaderEpoch())
                    .setMetadata(offset.metadata())));
            messages.add(message.build());
        });
        return messages;
    }

    private static List<GroupCommand.PartitionOffset> parseOffsets(List<GroupTopicOffsets> messages) {
        var offsets = new ArrayList<GroupCommand.PartitionOffset>();
        for (GroupTopicOffsets message : messages) {
            var topicId = Uuids.parse(message.getTopicId());
            message.getOffsetsList()
                    .forEach(offset -> offsets.add(new GroupCommand.PartitionOffset(
                            new PartitionId(topicId, offset.getPartition()),
                            offset.getOffset(),
                            offset.getLeaderEpoch(),
                            offset.getMetadata())));
        }
        return offsets;
    }
}
