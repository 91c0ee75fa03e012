package io.cordwood.chaos.check;

import io.cordwood.chaos.history.History;
import java.util.List;

/**
 * One promise. The comment of its class defines what breaks it; what the history does not decide is no
 * violation.
 *
 * <p><b>Thread:</b> immutable.
 */
public interface Checker {
    /** As the summary names it: {@code lost-write}. */
    String name();

    /** What breaks the promise, none where it is kept. */
    List<Violation> check(History history);
}
