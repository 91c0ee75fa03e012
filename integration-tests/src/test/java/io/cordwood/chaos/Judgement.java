package io.cordwood.chaos;

import io.cordwood.chaos.check.ResourceLimits;
import io.cordwood.chaos.check.Verdict;
import io.cordwood.chaos.check.Violation;
import io.cordwood.chaos.history.HistoryFile;
import io.cordwood.chaos.planted.PlantedAgent;
import io.cordwood.chaos.planted.PlantedBug;
import io.cordwood.chaos.plot.Summary;
import io.cordwood.chaos.plot.Timeline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What is made of a history that is complete.
 *
 * <p><b>Thread:</b> one.
 *
 * @param problems that the run saw itself, each as a sentence: they are violations like those that the
 *     checkers find
 * @param report lines of what was done
 */
record Judgement(RunOptions options, Results results, List<String> problems, List<String> report) {
    /** After the faults everything works again within that time. */
    static final Duration RECOVERY = Verdict.RECOVERY;

    private static final String RUN = "run";

    Judgement {
        problems = List.copyOf(problems);
        report = List.copyOf(report);
    }

    /**
     * Checks, writes and prints.
     *
     * @return whether nothing is wrong; of a planted bug whether it was found, which is what such a run is for:
     *     servers ran its code, and one of the checkers that it is made for found something
     */
    boolean pass() throws IOException {
        var history = HistoryFile.read(results.history());
        var verdict = withProblems(Verdict.of(history, Verdict.allCheckers(ResourceLimits.OF_A_NODE)));
        var summary = summary(Summary.of(history, verdict), verdict);
        results.write("summary.txt", summary);
        Files.writeString(results.timeline(), Timeline.svg(history, options.commandLine()));
        System.out.print(summary);
        return options.bug()
                .map(bug -> wasReached(bug) && !caughtBy(bug, verdict).isEmpty())
                .orElse(verdict.isClean());
    }

    private Verdict withProblems(Verdict found) {
        var checkers = new ArrayList<>(found.checkers());
        checkers.add(RUN);
        var violations = new ArrayList<>(found.violations());
        problems.forEach(problem -> violations.add(new Violation(RUN, problem)));
        return new Verdict(checkers, violations);
    }

    private String summary(String text, Verdict verdict) {
        return text
                + report.stream().map(line -> line + "\n").collect(Collectors.joining())
                + options.bug().map(bug -> planted(bug, verdict)).orElse("")
                + "again: " + options.commandLine() + "\n"
                + "results: " + results.directory() + "\n";
    }

    private String planted(PlantedBug bug, Verdict verdict) {
        return "planted bug " + bug + (wasReached(bug) ? " was reached, " : " was never reached, ")
                + shown(caughtBy(bug, verdict)) + "\n";
    }

    private static Set<String> caughtBy(PlantedBug bug, Verdict verdict) {
        return verdict.violations().stream()
                .map(Violation::checker)
                .filter(bug.caughtBy()::contains)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String shown(Set<String> caughtBy) {
        return caughtBy.isEmpty() ? "and not caught" : "and caught by " + String.join(", ", caughtBy);
    }

    private boolean wasReached(PlantedBug bug) {
        var message = PlantedAgent.reachedMessage(bug);
        try (var logs = Files.list(results.directory().resolve("logs"))) {
            return logs.toList().stream().anyMatch(log -> contains(log, message));
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean contains(Path log, String message) {
        try (var lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            return lines.anyMatch(line -> line.contains(message));
        } catch (IOException e) {
            return false;
        }
    }
}
