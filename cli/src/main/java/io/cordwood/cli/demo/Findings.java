package io.cordwood.cli.demo;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How often each promise was broken, with the first examples of each.
 *
 * <p>Thread: one.
 */
final class Findings {
    private static final int EXAMPLES = 3;

    private final Map<Violation, Integer> counts = new EnumMap<>(Violation.class);
    private final Map<Violation, List<String>> examples = new EnumMap<>(Violation.class);

    void add(Violation violation, String example) {
        var count = counts.merge(violation, 1, Integer::sum);
        if (count <= EXAMPLES) {
            examples.computeIfAbsent(violation, kind -> new ArrayList<>()).add(example);
        }
    }

    void addAll(Findings others) {
        others.counts.forEach((violation, count) -> counts.merge(violation, count, Integer::sum));
        others.examples.forEach((violation, texts) ->
                examples.computeIfAbsent(violation, kind -> new ArrayList<>()).addAll(texts));
    }

    int count(Violation violation) {
        return counts.getOrDefault(violation, 0);
    }

    boolean clean() {
        return counts.isEmpty();
    }

    /** A line per kind of violation, with examples. */
    List<String> lines() {
        return counts.entrySet().stream()
                .map(entry -> entry.getKey().words() + ": " + entry.getValue() + ", such as: "
                        + String.join("; ", examples.getOrDefault(entry.getKey(), List.of())))
                .toList();
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
