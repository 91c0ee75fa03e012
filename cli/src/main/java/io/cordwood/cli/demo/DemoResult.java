package io.cordwood.cli.demo;

import java.util.List;

/**
 * What the demo found.
 *
 * @param upMs from the start of the first server until all were ready
 * @param sent records handed to the producer
 * @param firstFailure of a record that was refused, or empty
 * @param reading by the group
 * @param replicaBytes compared in the files, counted once per partition
 */
record DemoResult(
        long upMs,
        int sent,
        List<AckTime> acks,
        String firstFailure,
        Failover.Outcome failover,
        Reading reading,
        Findings findings,
        long replicaBytes) {
    DemoResult {
        acks = List.copyOf(acks);
    }

    boolean passed() {
        return findings.clean() && acks.size() == sent;
    }
}
