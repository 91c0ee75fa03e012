package io.cordwood.raft;

import static io.cordwood.metadata.MetadataCommands.form;
import static io.cordwood.metadata.MetadataCommands.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommand.SetNodeState;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.NodeState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class NodeMonitorTest {
    private static final SetNodeState TWO_IS_DEAD = new SetNodeState(2, "incarnation-2", NodeState.DEAD);
    private static final SetNodeState TWO_IS_ALIVE = new SetNodeState(2, "incarnation-2", NodeState.ALIVE);

    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private long seconds = 1000;
    private final NodeMonitor monitor = new NodeMonitor(Duration.ofSeconds(10), () -> seconds * 1_000_000_000L);
    private long index;

    NodeMonitorTest() {
        apply(form(node(1), node(2)));
    }

    @Test
    void silentNodeIsDeadAfterItsTimeAndNotBefore() {
        assertThat(monitor.verdict(state.image())).isEmpty();
        seconds += 10;
        monitor.heard("incarnation-1");

        assertThat(monitor.verdict(state.image())).isEmpty();
        seconds++;
        assertThat(monitor.verdict(state.image())).contains(TWO_IS_DEAD);
    }

    @Test
    void deadNodeThatIsHeardIsAliveAgain() {
        apply(TWO_IS_DEAD);
        assertThat(monitor.verdict(state.image())).isEmpty();

        monitor.heard(NodeMonitor.heartbeat(2, "incarnation-2"));

        assertThat(monitor.verdict(state.image())).contains(TWO_IS_ALIVE);
    }

    @Test
    void nodeThatRegistersHasTheWholeTime() {
        monitor.verdict(state.image());
        seconds += 60;
        monitor.heard("incarnation-1");
        apply(TWO_IS_DEAD);
        assertThat(monitor.verdict(state.image())).isEmpty();

        apply(new MetadataCommand.RegisterNode(node(2)));
        apply(new MetadataCommand.AddNode(3, "node3:9091"));
        apply(new MetadataCommand.RegisterNode(node(3)));

        assertThat(monitor.verdict(state.image())).isEmpty();
        seconds += 10;
        monitor.heard("incarnation-1");
        assertThat(monitor.verdict(state.image())).isEmpty();
    }

    @Test
    void nodeThatWasHeardBeforeItRegisteredHasTheWholeTime() {
        monitor.heard("incarnation-3");
        monitor.verdict(state.image());
        seconds += 60;
        monitor.heard("incarnation-1");
        monitor.heard("incarnation-2");

        apply(new MetadataCommand.AddNode(3, "node3:9091"));
        apply(new MetadataCommand.RegisterNode(node(3)));

        assertThat(monitor.verdict(state.image())).isEmpty();
    }

    @Test
    void newLeaderWaitsAnew() {
        monitor.verdict(state.image());
        seconds += 60;
        monitor.rest();

        assertThat(monitor.verdict(state.image())).isEmpty();
    }

    private void apply(MetadataCommand command) {
        state.apply(command, ++index);
    }
}
