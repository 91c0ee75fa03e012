package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who wrote a value.
 *
 * <p><b>Thread:</b> immutable.
 */
final class Writes {
    private final Map<TopicPartition, Map<Value, Call<Operation.Write>>> byValue = new HashMap<>();

    /**
     * @throws IllegalArgumentException where a value was written by two operations: then nobody can judge it
     */
    Writes(History history) {
        for (var call : history.calls(Operation.Write.class)) {
            var write = call.what();
            var earlier = byValue.computeIfAbsent(write.partition(), partition -> new HashMap<>())
                    .putIfAbsent(write.value(), call);
            if (earlier != null) {
                throw new IllegalArgumentException(
                        write.value() + " was written twice: by " + earlier.where() + " and by " + call.where());
            }
        }
    }

    /** {@code null} where nobody did. */
    @Nullable
    Call<Operation.Write> of(TopicPartition partition, Value value) {
        return byValue.getOrDefault(partition, Map.of()).get(value);
    }

    /** Whether it was promised that there is one copy at most. */
    static boolean isOnce(Operation.Write write) {
        return !(write instanceof Operation.Produce produce) || produce.idempotent();
    }
}
