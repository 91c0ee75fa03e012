package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import org.junit.jupiter.api.Test;

final class ConnectionBudgetsTest {
    private final ConnectionBudgets budgets = new ConnectionBudgets(1 << 20);

    @Test
    void connectionCountsWhileItIsOpen() {
        var first = budgets.transportReady(Attributes.EMPTY);
        budgets.transportReady(Attributes.EMPTY);
        assertThat(budgets.connections()).isEqualTo(2);

        budgets.transportTerminated(first);

        assertThat(budgets.connections()).isEqualTo(1);
    }

    @Test
    void whoOnlyLooksWhetherThePortIsOpenDoesNotCount() {
        budgets.transportTerminated(null);

        assertThat(budgets.connections()).isZero();
    }
}
