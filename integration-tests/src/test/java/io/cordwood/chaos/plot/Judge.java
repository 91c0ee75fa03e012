package io.cordwood.chaos.plot;

import io.cordwood.chaos.check.ResourceLimits;
import io.cordwood.chaos.check.Verdict;
import io.cordwood.chaos.history.HistoryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Judges a history that was written down once more, and puts the page and the picture of the run beside it:
 * {@code judged.txt} and {@code timeline.svg}. What the run saw itself, as that a node ended, is no part of a
 * history; it is in the page of the run, which stays.
 *
 * <p><b>Thread:</b> any.
 */
public final class Judge {
    private static final String PAGE = "judged.txt";

    private Judge() {}

    /** @param title what run it is: its seed and options */
    public static Verdict judge(Path file, String title, ResourceLimits limits) throws IOException {
        var history = HistoryFile.read(file);
        var verdict = Verdict.of(history, Verdict.allCheckers(limits));
        Files.writeString(file.resolveSibling(PAGE), Summary.of(history, verdict));
        Files.writeString(file.resolveSibling("timeline.svg"), Timeline.svg(history, title));
        return verdict;
    }

    /** Takes the path of a history, prints the page, and ends with 1 where a promise was broken. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException(arguments.length + " arguments, one expected: the path of a history");
        }
        var file = Path.of(arguments[0]).toAbsolutePath();
        var verdict = judge(file, file.toString(), ResourceLimits.OF_A_NODE);
        System.out.print(Files.readString(file.resolveSibling(PAGE)));
        System.exit(verdict.isClean() ? 0 : 1);
    }
}
