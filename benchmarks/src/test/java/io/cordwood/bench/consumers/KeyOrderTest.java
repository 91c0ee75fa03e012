package io.cordwood.bench.consumers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeyOrderTest {
    private final KeyOrder order = new KeyOrder();

    @Test
    void oneAfterTheOtherIsRightAndOtherKeysAreBeside() {
        order.begin("a", 0);
        order.begin("b", 1);
        order.end("a", 0);
        order.begin("a", 2);
        order.end("b", 1);
        order.end("a", 2);

        assertThat(order.violation()).isEmpty();
    }

    @Test
    void twoOfAKeyAtATimeAreFound() {
        order.begin("a", 0);
        order.begin("a", 2);
        order.end("a", 2);
        order.end("a", 0);

        assertThat(order.violation())
                .contains("the record of a at offset 2 was begun while the one at 0 was under way");
    }

    @Test
    void recordBehindALaterOneIsFound() {
        order.begin("a", 2);
        order.end("a", 2);
        order.begin("a", 0);
        order.end("a", 0);

        assertThat(order.violation()).contains("the record of a at offset 0 was begun behind the one at 2");
    }
}
