package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class KnownNodesTest {
    private static final HostPort ONE = new HostPort("one", 1);
    private static final HostPort TWO = new HostPort("two", 2);
    private static final HostPort THREE = new HostPort("three", 3);

    private final KnownNodes nodes = new KnownNodes(List.of(ONE, TWO));

    @Test
    void addressOfAnotherClusterIsLeftOutWhileThereIsAnother() {
        assertThat(nodes.leaveOut(ONE)).isTrue();
        assertThat(nodes.all()).containsExactly(TWO);

        assertThat(nodes.leaveOut(TWO)).isFalse();
        assertThat(nodes.all()).containsExactly(ONE, TWO);
    }

    @Test
    void addressOfAnotherClusterStaysOutUntilTheOwnOneHasANodeThere() {
        nodes.leaveOut(ONE);

        nodes.learn(Map.of(3, THREE));
        assertThat(nodes.all()).containsExactly(THREE, TWO);

        nodes.learn(Map.of(1, ONE));
        assertThat(nodes.all()).containsExactly(ONE, TWO);
    }

    @Test
    void callsGoOnWithAnAddressThatIsNotLeftOut() {
        nodes.leaveOut(ONE);

        assertThat(nodes.current()).isEqualTo(TWO);
    }
}
