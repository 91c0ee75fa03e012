package io.cordwood.chaos.check;

import java.util.ArrayList;
import java.util.List;

/**
 * The violations that one check found. Keeps the first {@value #KEPT_MAX} and counts the others: after one
 * bug a million records may be wrong.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class Findings {
    static final int KEPT_MAX = 100;

    private final String checker;
    private final List<Violation> kept = new ArrayList<>();
    private long more;

    Findings(String checker) {
        this.checker = checker;
    }

    void add(String sentence) {
        if (kept.size() < KEPT_MAX) {
            kept.add(new Violation(checker, sentence));
        } else {
            more++;
        }
    }

    List<Violation> all() {
        var all = new ArrayList<>(kept);
        if (more > 0) {
            all.add(new Violation(checker, "... and " + more + " more"));
        }
        return List.copyOf(all);
    }
}
