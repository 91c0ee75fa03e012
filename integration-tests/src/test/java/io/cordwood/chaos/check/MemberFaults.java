package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Parting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What befell members of groups, and the nodes that they need.
 *
 * <p>That a member has lost a partition is what it says itself. That is explained where, within its session,
 * {@link #BEHIND_A_SESSION} and {@link OneOwner#NOTICE} before it said so, it stood still, or a fault was at
 * work upon a node or was over for no longer than {@link #AFTERMATH}: it may have heard nothing of its group.
 *
 * <p><b>Thread:</b> immutable.
 */
final class MemberFaults {
    private static final Duration BEHIND_A_SESSION = Duration.ofSeconds(2);
    /** As long as it takes nodes to find each other again, and a leader. */
    private static final Duration AFTERMATH = Duration.ofSeconds(5);

    private static final long AFTERMATH_NANOS = AFTERMATH.toNanos();
    private static final long LOSS_NANOS =
            GroupRepeats.SESSION.plus(BEHIND_A_SESSION).plus(OneOwner.NOTICE).toNanos();

    private final Map<String, List<Call<Operation.Fault>>> byMember = new HashMap<>();
    private final List<Span> ofNodes = new ArrayList<>();

    /** When a fault was at work. */
    private record Span(long beginNanos, long endNanos) {
        boolean meets(long from, long to) {
            return beginNanos <= to && endNanos >= from;
        }
    }

    MemberFaults(History history) {
        long heal = history.lastHealNanos().orElse(history.endNanos());
        for (var fault : history.calls(Operation.Fault.class)) {
            switch (fault.what().kind()) {
                case MEMBER_KILL, MEMBER_PAUSE, MEMBER_LEAVE ->
                    byMember.computeIfAbsent(fault.what().what(), member -> new ArrayList<>())
                            .add(fault);
                case TOPIC_CHANGE, SELF_REPLACE, CATCH_UP -> {
                    // No coordinator is away for these.
                }
                case KILL,
                        PAUSE,
                        CUT,
                        DELAY,
                        STALL,
                        HALF_OPEN,
                        RESET,
                        POWER_LOSS,
                        DISK_FULL,
                        DAMAGE,
                        CLOCK,
                        TRANSFER,
                        REPLACE -> {
                    if (!fault.isFailed()) {
                        // Of one that could not be taken away nobody knows the end, but for the last heal.
                        long end = fault.endNanos() == Long.MAX_VALUE ? heal : fault.endNanos();
                        ofNodes.add(new Span(fault.beginNanos(), end + AFTERMATH_NANOS));
                    }
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

    /** Whether a member says that it has lost the partition within that time, and the first time is explained. */
    boolean explainLoss(GroupShare share, String member, long from, long to) {
        return share.partings().stream()
                .filter(parting -> parting.what().how() == Parting.LOST
                        && parting.process().equals(member)
                        && parting.beginNanos() >= from
                        && parting.beginNanos() <= to)
                .findFirst()
                .filter(loss -> isExplained(member, loss.beginNanos()))
                .isPresent();
    }

    private boolean isExplained(String member, long lossNanos) {
        long from = lossNanos - LOSS_NANOS;
        return befell(member, HarmKind.MEMBER_PAUSE, from, lossNanos)
                || ofNodes.stream().anyMatch(fault -> fault.meets(from, lossNanos));
    }
}
