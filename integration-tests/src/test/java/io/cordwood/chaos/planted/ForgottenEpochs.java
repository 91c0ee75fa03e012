package io.cordwood.chaos.planted;

import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import java.util.Optional;
import net.bytebuddy.asm.Advice;

/** Code of {@link PlantedBug#COMMITS_OF_ANY_EPOCH}. */
public final class ForgottenEpochs {
    private ForgottenEpochs() {}

    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Optional<GroupRefusal> refusal) {
        refusal = ForgottenEpochs.without(refusal);
    }

    public static Optional<GroupRefusal> without(Optional<GroupRefusal> refusal) {
        if (refusal.filter(found -> found.reason() == GroupReason.FENCED_MEMBER).isEmpty()) {
            return refusal;
        }
        PlantedAgent.reached("commits-of-any-epoch");
        return Optional.empty();
    }
}
