package io.cordwood.chaos.group;

import java.util.List;

/**
 * A group of a run.
 *
 * @param name of the group, and how the names of its members begin
 * @param topics that its members read
 * @param mode how they get their records
 * @param members that it has, when none is away
 * @param jvmOptions of their processes
 */
public record GroupPlan(String name, List<String> topics, Mode mode, int members, List<String> jvmOptions) {

    /** How members get their records, and who commits. */
    public enum Mode {
        /**
         * A handler is given records, and what is done is committed by itself. The first member is a static
         * one.
         */
        HANDLER,
        /** The member asks for records, and commits them when they are done. */
        POLL
    }

    public GroupPlan {
        topics = List.copyOf(topics);
        jvmOptions = List.copyOf(jvmOptions);
        if (members < 1 || topics.isEmpty()) {
            throw new IllegalArgumentException(name + ": " + members + " members of " + topics);
        }
    }

    /** One of each mode, so small that a small machine has time for the rest. */
    public static List<GroupPlan> standard(List<String> topics) {
        return List.of(
                new GroupPlan("handlers", topics, Mode.HANDLER, 3, List.of()),
                new GroupPlan("pollers", topics, Mode.POLL, 2, List.of()));
    }

    public GroupPlan withJvmOptions(List<String> options) {
        return new GroupPlan(name, topics, mode, members, options);
    }
}
