package io.cordwood.chaos.check;

import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import java.util.List;

/**
 * A record that was acknowledged before a loss of power is there after it: {@link LostWrite} of those writes
 * whose {@code OK} is older than the begin of some {@link HarmKind#POWER_LOSS}.
 *
 * <p>Says that what was acknowledged had been forced. A record lost here may have another cause; without a
 * loss of power in the run nothing is said.
 */
public final class LostToPowerLoss implements Checker {
    @Override
    public String name() {
        return "lost-to-power-loss";
    }

    @Override
    public List<Violation> check(History history) {
        long newest = history.calls(Operation.Fault.class).stream()
                .filter(fault -> fault.what().kind() == HarmKind.POWER_LOSS && !fault.isFailed())
                .mapToLong(fault -> fault.beginNanos())
                .max()
                .orElse(Long.MIN_VALUE);
        var findings = new Findings(name());
        new LostRecords(history, findings).find(write -> write.endNanos() < newest);
        return findings.all();
    }
}
