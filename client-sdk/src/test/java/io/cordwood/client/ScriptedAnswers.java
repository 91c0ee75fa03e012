package io.cordwood.client;

import com.google.rpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Errors that unary methods answer with before they behave, by method name, and the calls they have seen.
 *
 * <p><b>Thread:</b> any.
 */
final class ScriptedAnswers {
    /**
     * An error for one call.
     *
     * @param afterwards whether the call takes effect all the same
     */
    record Failure(Status status, boolean afterwards) {}

    private final Map<String, Deque<Failure>> failures = new HashMap<>();
    private final List<String> calls = new ArrayList<>();

    synchronized void failNext(String method, Status status) {
        failures.computeIfAbsent(method, key -> new ArrayDeque<>()).add(new Failure(status, false));
    }

    synchronized void failNextAfterwards(String method, Status status) {
        failures.computeIfAbsent(method, key -> new ArrayDeque<>()).add(new Failure(status, true));
    }

    synchronized Optional<Failure> next(String method) {
        calls.add(method);
        var planned = failures.get(method);
        return planned == null ? Optional.empty() : Optional.ofNullable(planned.poll());
    }

    synchronized long calls(String method) {
        return calls.stream().filter(method::equals).count();
    }
}
