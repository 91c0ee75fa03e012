package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.Cause;
import io.cordwood.client.CauseCode;
import io.cordwood.client.Explanation;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

final class CauseTextsTest {
    private static final List<Cause> CAUSES = List.of(
            new Cause(
                    CauseCode.SLOW_HANDLER,
                    "orders-3@42 takes 5 min",
                    "look at the handler",
                    "orders",
                    OptionalInt.of(3),
                    "ann",
                    OptionalInt.empty()),
            new Cause(CauseCode.MOVING, "orders-4 moves", "", "", OptionalInt.empty(), "", OptionalInt.of(2)));

    @Test
    void eachCauseIsASentenceWithItsCodeAndWhatHelps() {
        assertThat(CauseTexts.lines("group billing", CAUSES))
                .containsExactly(
                        "orders-3@42 takes 5 min [SLOW_HANDLER]",
                        "  hint: look at the handler",
                        "orders-4 moves [MOVING]");
    }

    @Test
    void nothingIsSaidInASentenceToo() {
        assertThat(CauseTexts.lines("node 3", List.of())).containsExactly("nothing holds node 3 back");
    }

    @Test
    void causesThatAreLeftOutAreNoticedInEitherForm() {
        var table = new CapturedConsole();
        CauseTexts.print(table.console(), output("table"), "group billing", new Explanation(CAUSES, 12));
        var json = new CapturedConsole();
        CauseTexts.print(json.console(), output("json"), "group billing", new Explanation(CAUSES, 1));
        var all = new CapturedConsole();
        CauseTexts.print(all.console(), output("table"), "group billing", new Explanation(CAUSES, 0));

        assertThat(table.errLines())
                .containsExactly("12 more causes are left out: ask for a part, such as one topic or partition");
        assertThat(json.errLines())
                .containsExactly("1 more cause is left out: ask for a part, such as one topic or partition");
        assertThat(all.errLines()).isEmpty();
    }

    private static OutputOptions output(String form) {
        var output = new OutputOptions();
        new CommandLine(CommandSpec.create().addMixin("output", CommandSpec.forAnnotatedObject(output)))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs("-o", form);
        return output;
    }

    @Test
    void jsonSaysWhere() {
        var captured = new CapturedConsole();

        CauseTexts.print(captured.console(), output("json"), "group billing", new Explanation(CAUSES, 0));

        assertThat(captured.out())
                .isEqualTo("[{\"code\":\"SLOW_HANDLER\",\"sentence\":\"orders-3@42 takes 5 min\","
                        + "\"hint\":\"look at the handler\",\"topic\":\"orders\",\"partition\":3,\"memberId\":\"ann\"},"
                        + "{\"code\":\"MOVING\",\"sentence\":\"orders-4 moves\",\"hint\":\"\",\"nodeId\":2}]\n");
    }
}
