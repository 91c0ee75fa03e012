package io.cordwood.raft;

import io.cordwood.store.PartitionId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what would end a process, and lets it go on.
 *
 * <p>Thread: those that the lists allow.
 */
public final class RecordedHalts implements NodeHalt {
    private final List<String> damages;
    private final List<String> failures;

    /** @param halts takes all, in order */
    public RecordedHalts(List<String> halts) {
        this(halts, halts);
    }

    RecordedHalts(List<String> damages, List<String> failures) {
        this.damages = damages;
        this.failures = failures;
    }

    @Override
    public void damaged(PartitionId partition, String reason, @Nullable Throwable cause) {
        damages.add(partition + " is damaged: " + reason);
    }

    @Override
    public void failed(String reason, Throwable cause) {
        failures.add(reason + ": " + cause);
    }
}
