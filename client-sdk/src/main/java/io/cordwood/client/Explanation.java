package io.cordwood.client;

import java.util.List;

/**
 * What holds something back.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param causes the gravest first; none where nothing holds it back
 * @param leftOut how many more there are, for which the answer has no room
 */
public record Explanation(List<Cause> causes, int leftOut) {
    public Explanation {
        causes = List.copyOf(causes);
    }
}
