package io.cordwood.server.tracing;

import io.micrometer.observation.Observation;
import java.util.HashMap;
import java.util.Map;

/**
 * The spans of a batch on its way into the log: publish, and in it commit.
 *
 * <p>Invariant: what began ends with {@link #committed}, {@link #refused} or {@link #failed}.
 *
 * <p><b>Thread:</b> one at a time, each after the one before it.
 */
public final class BatchTrace {
    /** Of a batch that nobody traces. */
    public static final BatchTrace NONE = new BatchTrace(Tracing.OFF, new Place("", 0), Observation.NOOP);

    private static final String OUTCOME = "cordwood.outcome";

    private final Tracing tracing;
    private final Place place;
    private final Observation publish;
    private final Map<String, String> headers = new HashMap<>();
    private Observation commit = Observation.NOOP;

    BatchTrace(Tracing tracing, Place place, Observation publish) {
        this.tracing = tracing;
        this.place = place;
        this.publish = publish;
    }

    /** The batch is sound, and goes to the log. */
    public void committing() {
        if (!publish.isNoop()) {
            commit = tracing.spans().handedOn("commit", place, publish, headers);
        }
    }

    /**
     * A majority has it.
     *
     * @param endOffset exclusive
     * @param duplicate it was there before
     */
    public void committed(long baseOffset, long endOffset, boolean duplicate) {
        if (publish.isNoop()) {
            return;
        }
        commit.highCardinalityKeyValue("cordwood.base_offset", Long.toString(baseOffset))
                .highCardinalityKeyValue("cordwood.end_offset", Long.toString(endOffset));
        end(duplicate ? "duplicate" : "appended");
        if (!duplicate) {
            tracing.committed(new RecentBatches.Batch(new RecentBatches.Range(place, baseOffset, endOffset), headers));
        }
    }

    public void refused(String reason) {
        if (!publish.isNoop()) {
            end(reason);
        }
    }

    /** On a fault of the node. */
    public void failed(Throwable fault) {
        publish.error(fault);
        end("internal");
    }

    private void end(String outcome) {
        commit.stop();
        publish.highCardinalityKeyValue(OUTCOME, outcome);
        publish.stop();
    }
}
