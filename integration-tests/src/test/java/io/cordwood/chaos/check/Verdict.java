package io.cordwood.chaos.check;

import io.cordwood.chaos.history.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What all checkers say of a run.
 *
 * @param checkers the names of those that were asked, in their order
 * @param violations of one checker after the other, in that order
 */
public record Verdict(List<String> checkers, List<Violation> violations) {
    /** How long after the last fault everything has to work again. */
    public static final Duration RECOVERY = Duration.ofSeconds(30);

    public Verdict {
        checkers = List.copyOf(checkers);
        violations = List.copyOf(violations);
    }

    /** Every promise, as it is documented. */
    public static List<Checker> allCheckers(ResourceLimits limits) {
        return List.of(
                new LostWrite(),
                new LostToPowerLoss(),
                new Phantom(),
                new InconsistentOffset(),
                new Duplicate(),
                new ProducerOrder(),
                new Density(),
                new ReaderContinuity(),
                new UnsoundRead(),
                new Stuck(RECOVERY),
                new LinearizableEnds(),
                new ReplicaIdentity(),
                new LeaderEpochs(),
                new Unprocessed(RECOVERY),
                new ZombieCommit(),
                new EarlyCommit(),
                new OneOwner(),
                new GroupRepeats(),
                new BoundedResources(limits),
                new EnoughEvidence(RECOVERY));
    }

    public static Verdict of(History history, List<Checker> checkers) {
        var violations = new ArrayList<Violation>();
        for (var checker : checkers) {
            violations.addAll(judged(checker, history));
        }
        return new Verdict(checkers.stream().map(Checker::name).toList(), violations);
    }

    /** What one cannot judge is no reason not to hear the others. */
    private static List<Violation> judged(Checker checker, History history) {
        try {
            return checker.check(history);
        } catch (RuntimeException e) {
            return List.of(new Violation(checker.name(), "could not judge: " + e));
        }
    }

    public boolean isClean() {
        return violations.isEmpty();
    }

    /** One line per violation, or that there is none. */
    @Override
    public String toString() {
        return isClean()
                ? "no violation (" + String.join(", ", checkers) + ")"
                : violations.stream().map(Violation::toString).collect(Collectors.joining("\n"));
    }
}
