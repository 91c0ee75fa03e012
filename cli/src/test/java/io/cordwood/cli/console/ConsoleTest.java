package io.cordwood.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.console.Console.Streams;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConsoleTest {
    private final CliException problem = CliException.usage("two\nlines", "do this");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void errorIsOneLineHintAndReason() {
        console(false, true).error(problem);

        assertThat(err()).isEqualTo("error: two lines [USAGE]\nhint: do this\n");
    }

    @Test
    void colourOnlyOnTerminalThatWantsIt() {
        console(true, true).error(problem);
        assertThat(err()).contains("\u001b[31m");

        err.reset();
        console(true, false).error(problem);
        assertThat(err()).doesNotContain("\u001b[31m");
    }

    @Test
    void progressRewritesItselfAndMakesRoomForNotices() {
        var console = console(true, false);
        console.progress("one");
        console.progress("two");
        console.notice("done");

        assertThat(err()).isEqualTo("\r\u001b[Kone\r\u001b[Ktwo\r\u001b[Kdone\n");
    }

    @Test
    void progressIsALineOfItsOwnElsewhere() {
        console(false, false).progress("one");

        assertThat(err()).isEqualTo("one\n");
    }

    @Test
    void whatIsDrawnAgainTakesThePlaceOfTheScreenOnATerminal() {
        var console = console(true, false);
        console.redraw(List.of("one", "two"));

        assertThat(out()).isEqualTo("\u001b[Hone\u001b[K\ntwo\u001b[K\n\u001b[J");
    }

    @Test
    void whatIsDrawnAgainFollowsWhatWasBeforeElsewhere() {
        var console = console(false, false);
        console.redraw(List.of("one", "two"));
        console.redraw(List.of("three"));

        assertThat(out()).isEqualTo("one\ntwo\nthree\n");
    }

    @Test
    void mutedConsoleShowsNoMoreNotices() {
        var console = console(false, false);
        console.mute();
        console.notice("late");
        console.error(problem);

        assertThat(err()).isEmpty();
    }

    private Console console(boolean terminal, boolean colour) {
        return Console.of(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                new Streams(terminal, terminal, colour));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
