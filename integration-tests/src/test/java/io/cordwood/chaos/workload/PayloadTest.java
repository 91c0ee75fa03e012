package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PayloadTest {
    private static final Value VALUE = new Value("producer-0.1", 123);

    @Test
    void aValueComesBack() {
        assertThat(Payload.parse(new Payload(200).of(VALUE))).isEqualTo(VALUE);
        assertThat(Payload.parse(new Payload(1).of(VALUE))).isEqualTo(VALUE);
    }

    @Test
    void allHaveTheSameLength() {
        var payload = new Payload(100);

        assertThat(payload.of(VALUE)).hasSize(100);
        assertThat(payload.of(new Value("p", 9))).hasSize(100);
    }

    @Test
    void eachOtherBitIsNobodysValue() {
        var bytes = new Payload(60).of(VALUE);

        for (int i = 0; i < bytes.length * Byte.SIZE; i++) {
            var harmed = bytes.clone();
            harmed[i / Byte.SIZE] ^= (byte) (1 << i % Byte.SIZE);
            assertThat(Payload.parse(harmed).producer()).as("bit %d", i).startsWith("?damaged ");
        }
    }

    @Test
    void cutAndForeignBytesAreNobodysValue() {
        var bytes = new Payload(60).of(VALUE);

        for (int length = 0; length < "producer-0.1-000123|".length(); length++) {
            assertThat(Payload.parse(Arrays.copyOf(bytes, length)).producer()).startsWith("?damaged ");
        }
        assertThat(Payload.parse("hello|".getBytes(StandardCharsets.UTF_8)).producer())
                .startsWith("?damaged ");
    }
}
