package io.cordwood.chaos.faults;

import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import java.util.EnumSet;
import java.util.Set;

/** Which answers an operator has to reckon with while a cluster is harmed. Stateless. */
final class Refusals {
    private static final Set<ErrorCode> OF_THE_MOMENT = EnumSet.of(
            // Too few nodes are alive for so many replicas.
            ErrorCode.INVALID_REPLICATION_FACTOR,
            // The client asks again where it got no answer, and the first time counted.
            ErrorCode.TOPIC_EXISTS,
            ErrorCode.UNKNOWN_TOPIC,
            // The cluster has moved or is moving the replica by itself.
            ErrorCode.TARGET_NOT_REPLICA,
            ErrorCode.REPLICA_EXISTS,
            ErrorCode.CHANGE_UNDER_WAY,
            // Whoever is asked to take part is away.
            ErrorCode.REPLICA_NOT_CAUGHT_UP,
            ErrorCode.TRANSFER_FAILED,
            ErrorCode.NODE_STATE,
            ErrorCode.TOO_FEW_SOUND_REPLICAS);

    private Refusals() {}

    /** Whether the same might be done another time, so that nothing is wrong with who asked or was asked. */
    static boolean isOfTheMoment(CordwoodException refusal) {
        return refusal.retryable() || OF_THE_MOMENT.contains(refusal.code());
    }
}
