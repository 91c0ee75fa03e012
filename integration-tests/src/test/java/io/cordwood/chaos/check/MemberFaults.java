package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What befell members of groups.
 *
 * <p><b>Thread:</b> immutable.
 */
final class MemberFaults {
    private final Map<String, List<Call<Operation.Fault>>> byMember = new HashMap<>();

    MemberFaults(History history) {
        for (var fault : history.calls(Operation.Fault.class)) {
            switch (fault.what().kind()) {
                case MEMBER_KILL, MEMBER_PAUSE, MEMBER_LEAVE ->
                    byMember.computeIfAbsent(fault.what().what(), member -> new ArrayList<>())
                            .add(fault);
                default -> {
                    // Of nodes.
                }
            }
        }
    }

    /** Whether it was at work upon the member at some time in between. */
    boolean befell(String member, HarmKind kind, long from, long to) {
        return byMember.getOrDefault(member, List.of()).stream()
                .anyMatch(fault -> fault.what().kind() == kind && fault.beginNanos() <= to && fault.endNanos() >= from);
    }

    /** Whether one was at work upon the member for so long, or longer. */
    boolean lasted(String member, HarmKind kind, Duration time) {
        return byMember.getOrDefault(member, List.of()).stream()
                .anyMatch(fault ->
                        fault.what().kind() == kind && fault.endNanos() - fault.beginNanos() >= time.toNanos());
    }
}
