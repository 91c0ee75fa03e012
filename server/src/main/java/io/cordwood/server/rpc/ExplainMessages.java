package io.cordwood.server.rpc;

import io.cordwood.proto.v1.ExplainResponse;
import io.cordwood.server.explain.Cause;
import io.cordwood.server.explain.CauseCode;
import java.util.List;

/**
 * Causes as messages. Pure functions.
 *
 * <p><b>Thread:</b> any.
 */
final class ExplainMessages {
    /** Nobody reads more, and an answer must not be larger than a client takes. */
    static final int CAUSES_MAX = 1_000;

    private static final String PREFIX = "CAUSE_CODE_";

    private ExplainMessages() {}

    /** @param causes the gravest first */
    static ExplainResponse response(List<Cause> causes) {
        var response = ExplainResponse.newBuilder().setLeftOut(Math.max(0, causes.size() - CAUSES_MAX));
        causes.stream().limit(CAUSES_MAX).forEach(cause -> response.addCauses(message(cause)));
        return response.build();
    }

    private static io.cordwood.proto.v1.Cause message(Cause cause) {
        var message = io.cordwood.proto.v1.Cause.newBuilder()
                .setCode(code(cause.code()))
                .setSentence(cause.sentence())
                .setHint(cause.hint())
                .setTopic(cause.place().topic())
                .setMemberId(cause.place().memberId());
        cause.place().partition().ifPresent(message::setPartition);
        cause.place().nodeId().ifPresent(message::setNodeId);
        return message.build();
    }

    static io.cordwood.proto.v1.CauseCode code(CauseCode code) {
        return io.cordwood.proto.v1.CauseCode.valueOf(PREFIX + code.name());
    }
}
