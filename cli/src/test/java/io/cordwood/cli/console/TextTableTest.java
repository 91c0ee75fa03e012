package io.cordwood.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TextTableTest {
    @Test
    void alignsWordsLeftAndNumbersRight() {
        var table = TextTable.of("NAME", "SIZE").row("orders", 7).row("a", "1,234");

        assertThat(table.lines()).containsExactly("NAME     SIZE", "orders      7", "a       1,234");
    }

    @Test
    void unknownNumberStaysInItsColumn() {
        var table = TextTable.of("N").row(12).row("-");

        assertThat(table.lines()).containsExactly(" N", "12", " -");
    }

    @Test
    void tableWithoutRowsHasItsHeadings() {
        assertThat(TextTable.of("A", "B").lines()).containsExactly("A  B");
    }

    @Test
    void wrongNumberOfCellsIsRefused() {
        assertThatThrownBy(() -> TextTable.of("A").row(1, 2)).hasMessage("2 cells under 1 headings");
    }
}
