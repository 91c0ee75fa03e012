package io.cordwood.chaos.check;

import io.cordwood.chaos.history.History;
import java.util.List;

/**
 * An acknowledged record is in the final read at the offset of its acknowledgement.
 *
 * <p>Broken by a write with {@code OK} at offset {@code o} where the final log of the partition has nothing
 * or another value at {@code o}, unless {@code o} lies both below the final log start and below what
 * somebody asked to trim. Also by a partition with acknowledged records that was not read in the end.
 *
 * <p><b>Source:</b> the lost prefix, middle and postfix are those of the set checker of Jepsen's report on
 * NATS 2.12.1.
 */
public final class LostWrite implements Checker {
    @Override
    public String name() {
        return "lost-write";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        new LostRecords(history, findings).find(write -> true);
        return findings.all();
    }
}
