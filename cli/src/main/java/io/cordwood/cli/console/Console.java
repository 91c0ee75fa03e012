package io.cordwood.cli.console;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Where a command writes: data to standard output, notices and progress to standard error.
 *
 * <p>Colour and lines that rewrite themselves appear on a terminal only, colour not under {@code NO_COLOR}.
 *
 * <p>Thread: any; a line is written whole.
 */
public final class Console {
    /** What the two streams are connected to. */
    public record Streams(boolean outIsTerminal, boolean errIsTerminal, boolean colour) {}

    private static final String REWRITE_LINE = "\r\u001b[K";
    private static final String HOME = "\u001b[H";
    private static final String REST_OF_LINE = "\u001b[K\n";
    private static final String REST_OF_SCREEN = "\u001b[J";
    private static final String DIM = "\u001b[2m";
    private static final String RED = "\u001b[31m";
    private static final String RESET = "\u001b[0m";

    private final PrintStream out;
    private final PrintStream err;
    private final Streams streams;
    // Guarded by this: a progress line stands on the terminal and must be wiped before anything else is written.
    private boolean lineOpen;
    // Guarded by this.
    private boolean muted;

    private Console(PrintStream out, PrintStream err, Streams streams) {
        this.out = out;
        this.err = err;
        this.streams = streams;
    }

    public static Console of(PrintStream out, PrintStream err, Streams streams) {
        return new Console(out, err, streams);
    }

    /** The process's own streams. The launcher knows which of them are terminals and says so in {@code cordwood.terminals}. */
    public static Console system() {
        var terminals = System.getProperty("cordwood.terminals", "");
        var colour =
                System.getenv("NO_COLOR") == null || System.getenv("NO_COLOR").isEmpty();
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        var err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        return new Console(out, err, new Streams(terminals.contains("out"), terminals.contains("err"), colour));
    }

    public Streams streams() {
        return streams;
    }

    /** Standard output, for data that is more than lines; {@link #flush} ends a burst. */
    public PrintStream out() {
        return out;
    }

    /** Standard error, for a progress bar that draws itself. */
    public PrintStream err() {
        return err;
    }

    public synchronized void data(String line) {
        wipeLine();
        out.print(line + "\n");
        out.flush();
    }

    /** Data that takes the place of all that is on a terminal, and follows what was before elsewhere. */
    public synchronized void redraw(List<String> lines) {
        wipeLine();
        boolean inPlace = streams.outIsTerminal();
        var text = new StringBuilder(inPlace ? HOME : "");
        lines.forEach(line -> text.append(line).append(inPlace ? REST_OF_LINE : "\n"));
        out.print(text.append(inPlace ? REST_OF_SCREEN : ""));
        out.flush();
    }

    /** Nothing more is shown: the process is ending, and what other threads run into now is no news. */
    public synchronized void mute() {
        muted = true;
    }

    public synchronized void notice(String line) {
        if (muted) {
            return;
        }
        wipeLine();
        err.print(line + "\n");
    }

    /** What is going on now: replaces itself on a terminal, is a line of its own elsewhere. */
    public synchronized void progress(String line) {
        if (muted) {
            return;
        }
        if (!streams.errIsTerminal()) {
            err.print(line + "\n");
            return;
        }
        err.print(REWRITE_LINE + line);
        err.flush();
        lineOpen = true;
    }

    public synchronized void error(CliException problem) {
        if (muted) {
            return;
        }
        wipeLine();
        var label = streams.errIsTerminal() && streams.colour() ? RED + "error:" + RESET : "error:";
        err.print(label + " " + oneLine(problem.text()) + " [" + problem.reason() + "]\n");
        err.print("hint: " + oneLine(problem.hint()) + "\n");
    }

    public synchronized void flush() {
        out.flush();
    }

    /** True where standard output is closed at the other end, as by {@code | head}. */
    public boolean outputClosed() {
        return out.checkError();
    }

    /** Metadata beside data, less bright on a terminal. */
    public String dim(String text) {
        return streams.outIsTerminal() && streams.colour() ? DIM + text + RESET : text;
    }

    private void wipeLine() {
        if (lineOpen) {
            err.print(REWRITE_LINE);
            lineOpen = false;
        }
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
