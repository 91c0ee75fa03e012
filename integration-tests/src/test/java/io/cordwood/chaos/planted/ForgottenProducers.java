package io.cordwood.chaos.planted;

import io.cordwood.store.Checkpoint;
import java.util.List;
import net.bytebuddy.asm.Advice;

/** Code of {@link PlantedBug#PRODUCERS_MISSING_FROM_CHECKPOINT}. */
public final class ForgottenProducers {
    private ForgottenProducers() {}

    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Checkpoint checkpoint) {
        checkpoint = ForgottenProducers.without(checkpoint);
    }

    public static Checkpoint without(Checkpoint checkpoint) {
        if (!checkpoint.producers().isEmpty()) {
            PlantedAgent.reached("producers-missing-from-checkpoint");
        }
        return new Checkpoint(
                checkpoint.partition(),
                checkpoint.term(),
                checkpoint.index(),
                checkpoint.highWatermark(),
                checkpoint.logStartOffset(),
                checkpoint.lastLeaderTimeMs(),
                checkpoint.leaderEpochs(),
                List.of(),
                checkpoint.segments(),
                checkpoint.compactedEnd());
    }
}
