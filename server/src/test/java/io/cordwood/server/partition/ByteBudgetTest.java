package io.cordwood.server.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

final class ByteBudgetTest {
    private final ByteBudget budget = new ByteBudget(100);
    private final ArrayList<String> woken = new ArrayList<>();

    @Test
    void hasRoomUntilTheLimitIsReached() {
        budget.take(99);
        assertThat(budget.hasRoomOr(() -> woken.add("a"))).isTrue();

        budget.take(1);
        assertThat(budget.hasRoomOr(() -> woken.add("a"))).isFalse();
        assertThat(budget.tryTake(1)).isFalse();
        assertThat(woken).isEmpty();
    }

    @Test
    void waitersAreWokenOnceWhenRoomComesBack() {
        budget.take(150);
        budget.hasRoomOr(() -> woken.add("a"));
        budget.hasRoomOr(() -> woken.add("b"));

        budget.give(50);
        assertThat(woken).isEmpty();
        budget.give(1);
        budget.give(1);

        assertThat(woken).containsExactly("a", "b");
    }

    @Test
    void waiterMayWaitAgain() {
        budget.take(100);
        budget.hasRoomOr(() -> {
            woken.add("a");
            budget.take(100);
            budget.hasRoomOr(() -> woken.add("again"));
        });

        budget.give(100);
        assertThat(woken).containsExactly("a");
        budget.give(100);

        assertThat(woken).containsExactly("a", "again");
    }

    @Test
    void givingBackMoreThanWasTakenIsABug() {
        budget.take(5);

        assertThatThrownBy(() -> budget.give(6)).isInstanceOf(IllegalStateException.class);
    }
}
