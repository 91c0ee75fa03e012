package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.Cause;
import io.cordwood.client.CauseCode;
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
    void jsonSaysWhere() {
        var captured = new CapturedConsole();
        var output = new OutputOptions();
        new CommandLine(CommandSpec.create().addMixin("output", CommandSpec.forAnnotatedObject(output)))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs("-o", "json");

        CauseTexts.print(captured.console(), output, "group billing", CAUSES);

        assertThat(captured.out())
                .isEqualTo("[{\"code\":\"SLOW_HANDLER\",\"sentence\":\"orders-3@42 takes 5 min\","
                        + "\"hint\":\"look at the handler\",\"topic\":\"orders\",\"partition\":3,\"memberId\":\"ann\"},"
                        + "{\"code\":\"MOVING\",\"sentence\":\"orders-4 moves\",\"hint\":\"\",\"nodeId\":2}]\n");
    }
}
