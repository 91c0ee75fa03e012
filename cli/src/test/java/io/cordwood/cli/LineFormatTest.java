package io.cordwood.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.client.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LineFormatTest {
    @Test
    void wholeLineIsTheValueWithoutAnOption() {
        var record = format(null, null).record(bytes("a:b c"), 1);

        assertThat(record.key()).isNull();
        assertThat(record.value()).isEqualTo(bytes("a:b c"));
    }

    @Test
    void separatorSplitsAtItsFirstPlace() {
        var record = format("::", null).record(bytes("a:b::c::d"), 1);

        assertThat(record.key()).isEqualTo(bytes("a:b"));
        assertThat(record.value()).isEqualTo(bytes("c::d"));
    }

    @Test
    void backslashTMeansTab() {
        assertThat(format("\\t", null).record(bytes("k\tv"), 1).key()).isEqualTo(bytes("k"));
    }

    @Test
    void fieldBecomesTheKeyAndTheLineStaysWhole() {
        var record = format(null, 2).record(bytes("  one \t two three"), 1);

        assertThat(record.key()).isEqualTo(bytes("two"));
        assertThat(record.value()).isEqualTo(bytes("  one \t two three"));
    }

    @Test
    void lineWithoutSeparatorIsRefusedWithItsNumber() {
        assertThatThrownBy(() -> format(":", null).record(bytes("abc"), 7)).hasMessageContaining("line 7");
    }

    @Test
    void lineWithTooFewFieldsIsRefusedWithTheirNumber() {
        assertThatThrownBy(() -> format(null, 3).record(bytes("a b "), 7)).hasMessageContaining("line 7 has 2 fields");
    }

    @Test
    void partitionIsPassedOn() {
        ProducerRecord record = new LineFormat("t", 3, new LineFormat.Options()).record(bytes("x"), 1);

        assertThat(record.partition()).isEqualTo(3);
        assertThat(record.topic()).isEqualTo("t");
    }

    private static LineFormat format(@Nullable String separator, @Nullable Integer field) {
        var options = new LineFormat.Options();
        options.keySeparator = separator;
        options.keyField = field;
        return new LineFormat("t", null, options);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
