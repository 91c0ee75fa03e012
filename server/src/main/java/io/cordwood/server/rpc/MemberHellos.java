package io.cordwood.server.rpc;

import io.cordwood.metadata.Assignor;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.metadata.TopicRules;
import io.cordwood.metadata.TrimmedOffsets;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.server.cluster.MetadataRefusals;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.config.ServerConfig;
import java.time.Duration;
import java.util.TreeSet;

/**
 * What members say first: checked as far as that takes no knowledge of the group, and as the coordinator
 * wants it.
 *
 * <p><b>Thread:</b> any; no state of its own.
 */
final class MemberHellos {
    private final ServerConfig.Groups limits;

    MemberHellos(ServerConfig.Groups limits) {
        this.limits = limits;
    }

    /** @throws io.cordwood.server.cluster.RefusedException where it breaks a rule */
    io.cordwood.coordinator.MemberHello of(MemberHello hello, String clientHost) {
        requireName("group", hello.getGroup());
        RepeatedFields.requireFew("topics", hello.getTopicsCount());
        hello.getTopicsList().forEach(topic -> requireName("topics", topic));
        if (hello.getMemberEpoch() < 0) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "member_epoch", hello.getMemberEpoch(), "0 or more")
                    .exception();
        }
        return new io.cordwood.coordinator.MemberHello(
                hello.getGroup(),
                hello.getMemberId(),
                hello.getMemberEpoch(),
                hello.getName(),
                hello.getInstanceId(),
                hello.getRack(),
                clientHost,
                new GroupSubscription(new TreeSet<>(hello.getTopicsList()), hello.getPattern()),
                settings(hello.getSettings()));
    }

    static void requireName(String field, String name) {
        TopicRules.checkName(name).ifPresent(refused -> {
            throw MetadataRefusals.of(refused).with(Refusal.FIELD, field).exception();
        });
    }

    private GroupSettings settings(io.cordwood.proto.v1.GroupSettings settings) {
        return new GroupSettings(
                switch (settings.getAssignor()) {
                    case GROUP_ASSIGNOR_UNSPECIFIED, GROUP_ASSIGNOR_STICKY -> Assignor.STICKY;
                    case GROUP_ASSIGNOR_RANGE -> Assignor.RANGE;
                    case UNRECOGNIZED ->
                        throw unknown("settings.assignor", settings.getAssignorValue(), "one that this node knows")
                                .exception();
                },
                sessionTimeout(settings),
                switch (settings.getTrimmedOffsets()) {
                    case TRIMMED_OFFSETS_UNSPECIFIED, TRIMMED_OFFSETS_EARLIEST -> TrimmedOffsets.EARLIEST;
                    case TRIMMED_OFFSETS_LATEST -> TrimmedOffsets.LATEST;
                    case TRIMMED_OFFSETS_FAIL -> TrimmedOffsets.FAIL;
                    case UNRECOGNIZED ->
                        throw unknown(
                                        "settings.trimmed_offsets",
                                        settings.getTrimmedOffsetsValue(),
                                        "one that this node knows")
                                .exception();
                });
    }

    private static Refusal unknown(String field, int value, String limit) {
        return Refusal.field(Reason.INVALID_ARGUMENT, field, value, limit);
    }

    private Duration sessionTimeout(io.cordwood.proto.v1.GroupSettings settings) {
        if (!settings.hasSessionTimeout()) {
            return within(GroupSettings.DEFAULT.sessionTimeout());
        }
        var wanted = settings.getSessionTimeout();
        // Seconds alone decide where they are far outside; their sum with anything else might overflow.
        long millis =
                Math.max(-1, Math.min(Integer.MAX_VALUE, wanted.getSeconds())) * 1000 + wanted.getNanos() / 1_000_000;
        if (millis < limits.sessionTimeoutMin().toMillis()
                || millis > limits.sessionTimeoutMax().toMillis()) {
            throw Refusal.field(
                            Reason.INVALID_ARGUMENT,
                            "settings.session_timeout",
                            millis + " ms",
                            "from " + limits.sessionTimeoutMin().toMillis() + " to "
                                    + limits.sessionTimeoutMax().toMillis() + " ms")
                    .with(
                            Refusal.SETTING,
                            millis < limits.sessionTimeoutMin().toMillis()
                                    ? "groups.session-timeout-min"
                                    : "groups.session-timeout-max")
                    .exception();
        }
        return Duration.ofMillis(millis);
    }

    private Duration within(Duration wanted) {
        var atMost = wanted.compareTo(limits.sessionTimeoutMax()) > 0 ? limits.sessionTimeoutMax() : wanted;
        return atMost.compareTo(limits.sessionTimeoutMin()) < 0 ? limits.sessionTimeoutMin() : atMost;
    }
}
