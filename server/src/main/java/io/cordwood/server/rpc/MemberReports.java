package io.cordwood.server.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.cordwood.coordinator.MemberProgress.Stop;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.v1.GroupPartition;
import io.cordwood.proto.v1.MemberProgress;
import io.cordwood.server.cluster.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What members say of partitions in which they do not just read on, as messages and as the coordinator
 * keeps it.
 *
 * <p>Invariant: nothing of it is refused, because it decides nothing: what makes no sense is left out.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class MemberReports {
    static final int TEXT_MAX_CHARS = 300;
    /** Of a duration on the wire, by its definition: 10,000 years. */
    static final long SECONDS_MAX = 315_576_000_000L;

    private MemberReports() {}

    static List<io.cordwood.coordinator.MemberProgress> of(List<MemberProgress> held) {
        return held.stream()
                .limit(RepeatedFields.ELEMENTS_MAX)
                .flatMap(progress -> of(progress).stream())
                .toList();
    }

    private static Optional<io.cordwood.coordinator.MemberProgress> of(MemberProgress progress) {
        return partition(progress.getPartition())
                .map(partition -> new io.cordwood.coordinator.MemberProgress(
                        partition,
                        Math.max(0, progress.getOffset()),
                        progress.getPaused(),
                        progress.getFull(),
                        processing(progress),
                        Math.max(0, progress.getFailedAttempts()),
                        stop(progress)));
    }

    private static Optional<PartitionId> partition(GroupPartition partition) {
        try {
            return partition.getPartition() < 0
                    ? Optional.empty()
                    : Optional.of(new PartitionId(UUID.fromString(partition.getTopicId()), partition.getPartition()));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no UUID, so no topic that there is
        }
    }

    private static Optional<Duration> processing(MemberProgress progress) {
        if (!progress.hasProcessing()) {
            return Optional.empty();
        }
        long seconds =
                Math.min(SECONDS_MAX, Math.max(0, progress.getProcessing().getSeconds()));
        return Optional.of(
                Duration.ofSeconds(seconds, Math.max(0, progress.getProcessing().getNanos())));
    }

    private static Optional<Stop> stop(MemberProgress progress) {
        if (!progress.hasStopped()) {
            return Optional.empty();
        }
        var why = progress.getStopped().getMessage();
        var kept = why.length() <= TEXT_MAX_CHARS ? why : why.substring(0, TEXT_MAX_CHARS) + "...";
        return Optional.of(new Stop(isOutOfRange(progress.getStopped()), kept));
    }

    /** By the reason, or where there is none by the code. */
    private static boolean isOutOfRange(Status status) {
        for (var detail : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                try {
                    return detail.unpack(ErrorInfo.class).getReason().equals(Reason.OFFSET_OUT_OF_RANGE.name());
                } catch (InvalidProtocolBufferException e) {
                    return false;
                }
            }
        }
        return status.getCode() == Code.OUT_OF_RANGE_VALUE;
    }

    /** As another node is told it. */
    static MemberProgress wire(io.cordwood.coordinator.MemberProgress progress) {
        var message = MemberProgress.newBuilder()
                .setPartition(wire(progress.partition()))
                .setOffset(progress.offset())
                .setPaused(progress.paused())
                .setFull(progress.full())
                .setFailedAttempts(progress.failedAttempts());
        progress.processing().ifPresent(age -> message.setProcessing(GroupMessages.wire(age)));
        progress.stop()
                .ifPresent(stop -> message.setStopped(Status.newBuilder()
                        .setCode(stop.outOfRange() ? Code.OUT_OF_RANGE_VALUE : Code.UNKNOWN_VALUE)
                        .setMessage(stop.why())));
        return message.build();
    }

    static GroupPartition wire(PartitionId partition) {
        return GroupPartition.newBuilder()
                .setTopicId(partition.topicId().toString())
                .setPartition(partition.partition())
                .build();
    }
}
