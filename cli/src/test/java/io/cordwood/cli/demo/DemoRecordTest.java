package io.cordwood.cli.demo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.cli.console.CliException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DemoRecordTest {
    @Test
    void firstFieldIsTheKeyAndTheLineIsTheValue() {
        var record = DemoRecord.ofLine(" \t1.2.3.4 - GET /".getBytes(UTF_8));

        assertThat(record.key()).isEqualTo("1.2.3.4".getBytes(UTF_8));
        assertThat(record.value()).isEqualTo(" \t1.2.3.4 - GET /".getBytes(UTF_8));
    }

    @Test
    void lineWithoutFieldsHasNoKey() {
        assertThat(DemoRecord.ofLine(" \t ".getBytes(UTF_8)).key()).isNull();
        assertThat(DemoRecord.ofLine(new byte[0]).value()).isEmpty();
    }

    @Test
    void inputKeepsEveryLineWhateverItsBytes() throws IOException {
        var records = read("a 1\r\n\nb \u00ff\nlast");

        assertThat(records)
                .extracting(record -> new String(record.value(), ISO_8859_1))
                .containsExactly("a 1", "", "b \u00ff", "last");
    }

    @Test
    void lineLargerThanABatchIsRefusedWithItsNumber() {
        assertThatThrownBy(() -> read("a\n" + "x".repeat(DemoInput.LINE_MAX_BYTES + 1)))
                .isInstanceOf(CliException.class)
                .hasMessage("line 2 of test is longer than 1000000 bytes");
    }

    @Test
    void generatedEventsDependOnTheirSeedAlone() {
        var events = ActivityEvents.generate(7, 1_000);

        assertThat(ActivityEvents.generate(7, 1_000)).isEqualTo(events);
        assertThat(ActivityEvents.generate(8, 1_000)).isNotEqualTo(events);
        assertThat(events).doesNotHaveDuplicates().allMatch(event -> event.key() != null);
    }

    private static List<DemoRecord> read(String text) throws IOException {
        return DemoInput.of("test", new ByteArrayInputStream(text.getBytes(ISO_8859_1)));
    }
}
