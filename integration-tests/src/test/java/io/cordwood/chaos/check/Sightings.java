package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.TopicPartition;
import java.util.function.Consumer;

/**
 * What anybody was told to be at an offset, by an acknowledgement or by a read.
 *
 * <p><b>Thread:</b> immutable.
 */
final class Sightings {
    private Sightings() {}

    /** A record, and whose operation says that it is there. */
    record Sighting(Seen seen, Call<? extends Operation.OfPartition> by) {
        TopicPartition partition() {
            return by.what().partition();
        }

        boolean isAcknowledgement() {
            return by.what() instanceof Operation.Write;
        }

        String where() {
            return "at offset " + seen.offset() + (isAcknowledgement() ? " acknowledged to " : " read by ")
                    + by.where();
        }
    }

    /**
     * Gives all of them, in the order in which the operations began. One by one, because there are many
     * millions.
     */
    static void each(History history, Consumer<Sighting> taker) {
        for (var call : history.calls(Operation.OfPartition.class)) {
            if (!call.isOk()) {
                continue;
            }
            if (call.what() instanceof Operation.Write write) {
                Long offset = write.offset();
                if (offset != null) {
                    taker.accept(new Sighting(new Seen(offset, write.value()), call));
                }
            } else if (call.what() instanceof Operation.View view) {
                view.records().forEach(seen -> taker.accept(new Sighting(seen, call)));
            }
        }
    }
}
