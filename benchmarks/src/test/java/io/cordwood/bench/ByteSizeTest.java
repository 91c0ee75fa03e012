package io.cordwood.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ByteSizeTest {
    @Test
    void sizesAreReadWithDecimalUnits() {
        assertThat(ByteSize.parse("10GB")).isEqualTo(10_000_000_000L);
        assertThat(ByteSize.parse("50 mb")).isEqualTo(50_000_000L);
        assertThat(ByteSize.parse("123")).isEqualTo(123);
    }

    @Test
    void whatIsNoSizeIsRefused() {
        assertThatThrownBy(() -> ByteSize.parse("ten")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ByteSize.parse("-1MB")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ByteSize.parse("99999999999GB")).isInstanceOf(IllegalArgumentException.class);
    }
}
