package io.cordwood.server.rpc;

import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;

/**
 * How often a request may repeat a field. An element takes two bytes on the wire, and hundreds once anything is made
 * of it: the limit is asked for before.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class RepeatedFields {
    static final int ELEMENTS_MAX = 10_000;

    private RepeatedFields() {}

    /** @throws io.cordwood.server.cluster.RefusedException where there are too many */
    static void requireFew(String field, int count) {
        if (count > ELEMENTS_MAX) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, field, count, "at most " + ELEMENTS_MAX + " elements")
                    .exception();
        }
    }
}
