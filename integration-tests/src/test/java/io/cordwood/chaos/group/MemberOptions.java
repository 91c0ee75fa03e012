package io.cordwood.chaos.group;

import java.nio.file.Path;
import java.util.List;

/**
 * What a member's process is told.
 *
 * @param addresses of the nodes
 * @param process how its history calls it; no other one was ever called so
 * @param instance empty unless it is a static member
 * @param journal takes its history
 * @param clock what its history has in common with that of the run
 */
record MemberOptions(
        List<String> addresses,
        String group,
        List<String> topics,
        GroupPlan.Mode mode,
        String process,
        String instance,
        Path journal,
        Clock clock) {

    /**
     * Where its history begins.
     *
     * @param beginNanos of the run, by the machine's clock that never steps
     * @param operationsBefore the numbers of its operations begin behind it
     */
    record Clock(long beginNanos, long operationsBefore) {}

    MemberOptions {
        addresses = List.copyOf(addresses);
        topics = List.copyOf(topics);
    }

    List<String> arguments() {
        return List.of(
                String.join(",", addresses),
                group,
                String.join(",", topics),
                mode.name(),
                process,
                instance,
                journal.toString(),
                Long.toString(clock.beginNanos()),
                Long.toString(clock.operationsBefore()));
    }

    static MemberOptions parse(String[] arguments) {
        int next = 0;
        return new MemberOptions(
                List.of(arguments[next++].split(",", -1)),
                arguments[next++],
                List.of(arguments[next++].split(",", -1)),
                GroupPlan.Mode.valueOf(arguments[next++]),
                arguments[next++],
                arguments[next++],
                Path.of(arguments[next++]),
                new Clock(Long.parseLong(arguments[next++]), Long.parseLong(arguments[next])));
    }
}
