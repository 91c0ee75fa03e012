package io.cordwood.chaos.net;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which faults each direction has. The same fault may be there twice, and ends once for each.
 *
 * <p><b>Thread:</b> the proxy's.
 */
final class Links {
    private final Map<Direction, List<LinkFault>> faults = new HashMap<>();
    private final Map<Direction, LinkState> states = new HashMap<>();

    LinkState state(Direction direction) {
        return states.getOrDefault(direction, LinkState.CLEAN);
    }

    void begin(Direction direction, LinkFault fault) {
        var now = faults.computeIfAbsent(direction, unused -> new ArrayList<>());
        now.add(fault);
        states.put(direction, LinkState.of(now));
    }

    /** Also of one that {@link #heal} has ended before. */
    void end(Direction direction, LinkFault fault) {
        var now = faults.getOrDefault(direction, new ArrayList<>());
        if (now.remove(fault)) {
            states.put(direction, LinkState.of(now));
        }
    }

    void heal() {
        faults.clear();
        states.clear();
    }
}
