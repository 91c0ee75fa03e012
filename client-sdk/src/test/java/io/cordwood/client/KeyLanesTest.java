package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class KeyLanesTest {
    private final KeyLanes<String> lanes = new KeyLanes<>();

    @Test
    void itemsOfAKeyGoOnOneAfterTheOther() {
        assertThat(lanes.enter("a", "a1")).isTrue();
        assertThat(lanes.enter("a", "a2")).isFalse();
        assertThat(lanes.enter("a", "a3")).isFalse();
        assertThat(lanes.enter("b", "b1")).isTrue();

        assertThat(lanes.leave("a")).isEqualTo("a2");
        assertThat(lanes.leave("a")).isEqualTo("a3");
        assertThat(lanes.leave("a")).isNull();
        assertThat(lanes.leave("b")).isNull();
        assertThat(lanes.isEmpty()).isTrue();
    }

    @Test
    void itemsWithoutAKeyNeverWait() {
        assertThat(lanes.enter(null, "1")).isTrue();
        assertThat(lanes.enter(null, "2")).isTrue();
        assertThat(lanes.leave(null)).isNull();
        assertThat(lanes.isEmpty()).isTrue();
    }

    @Test
    void whoGoesOnHoldsItsKeyThoughTheOthersAreDropped() {
        lanes.enter("a", "a1");
        lanes.enter("a", "a2");

        lanes.dropWaiting();

        assertThat(lanes.enter("a", "a9")).isFalse();
        assertThat(lanes.leave("a")).isEqualTo("a9");
    }

    @Test
    void leavingWithoutHavingEnteredIsAFault() {
        assertThatThrownBy(() -> lanes.leave("a")).isInstanceOf(IllegalStateException.class);
    }
}
