package io.cordwood.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.RecordHeader;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.ReadRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RecordFormatTest {
    private static final ConsumedRecord RECORD = ReadRecord.of(
            42, "k1".getBytes(UTF_8), "hé\"".getBytes(UTF_8), new RecordHeader("trace", "x".getBytes(UTF_8)));

    private final CapturedConsole captured = new CapturedConsole();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            %t-%p@%o            | orders-2@42
            %k=%v               | k1=hé"
            %K,%V               | 2,4
            %v{hex}             | 68c3a922
            %v{base64}          | aMOpIg==
            %v{json}            | "hé\\""
            %k{text}            | k1
            %d{epoch-ms}        | 1764000000123
            %d                  | 2025-11-24T16:00:00.123Z
            %d{rfc3339}         | 2025-11-24T16:00:00.123Z
            %h                  | trace=x
            100%%               | 100%
            a\\tb\\x41\\\\      | a\tbA\\
            """)
    void templateShowsItsFields(String format, String expected) {
        assertThat(printed(format, RECORD))
                .isEqualTo(expected.replace("\\t", "\t").replace("\\\\", "\\"));
    }

    @Test
    void valueIsOneLinePerRecord() {
        assertThat(printed("value", RECORD)).isEqualTo("hé\"\n");
    }

    @Test
    void prettyShowsWhereTheRecordIs() {
        assertThat(printed("pretty", RECORD)).isEqualTo("2:42 2025-11-24T16:00:00.123Z k1 hé\"\n");
    }

    @Test
    void jsonHoldsEverything() {
        assertThat(printed("json", RECORD))
                .isEqualTo(
                        "{\"topic\":\"orders\",\"partition\":2,\"offset\":42,\"timestamp\":\"2025-11-24T16:00:00.123Z\","
                                + "\"key\":\"k1\",\"value\":\"hé\\\"\",\"headers\":[{\"key\":\"trace\",\"value\":\"x\"}]}\n");
    }

    @Test
    void jsonTellsNullFromBytesThatAreNotText() {
        var record = ReadRecord.of(0, null, new byte[] {(byte) 0xff});

        assertThat(printed("json", record)).contains("\"key\":null,\"valueBase64\":\"/w==\"");
    }

    @Test
    void nullKeyAndValueAreShownAsNothing() {
        assertThat(printed("[%k|%v|%v{hex}|%K]", ReadRecord.of(0, null, null))).isEqualTo("[|||0]");
    }

    private String printed(String format, ConsumedRecord record) {
        RecordFormat.parse(format, captured.console())
                .print(record, captured.console().out());
        return captured.out();
    }
}
