package io.cordwood.chaos.follower;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.net.Direction;
import io.cordwood.chaos.net.LinkFault;
import java.util.List;
import org.junit.jupiter.api.Test;

class AilingTest {
    private static final Slowness SLOWNESS = new Slowness(100, 1_000_000);

    @Test
    void bothDirectionsOfAllLinksOfTheNodeAreIll() {
        assertThat(Ailing.around(2, List.of(1, 2, 3)))
                .containsExactlyInAnyOrder(
                        new Direction(1, 2),
                        new Direction(2, 1),
                        new Direction(3, 2),
                        new Direction(2, 3),
                        new Direction(Direction.CLIENTS, 2),
                        new Direction(2, Direction.CLIENTS));
    }

    @Test
    void linksOfASlowNodeShareItsBytes() {
        assertThat(Ailing.linkFaults(Ailment.SLOW, SLOWNESS, 3))
                .containsExactly(new LinkFault.Delay(100, 0), new LinkFault.Limit(500_000));
    }

    @Test
    void pausedNodeHasAHealthyNetwork() {
        assertThat(Ailing.linkFaults(Ailment.PAUSED, SLOWNESS, 3)).isEmpty();
        assertThat(Ailing.linkFaults(Ailment.CUT, SLOWNESS, 3)).containsExactly(new LinkFault.Cut());
    }
}
