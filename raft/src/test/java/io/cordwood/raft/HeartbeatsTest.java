package io.cordwood.raft;

import static io.cordwood.metadata.MetadataCommands.form;
import static io.cordwood.metadata.MetadataCommands.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.NodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HeartbeatsTest {
    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private long index;
    private final List<String> halts = new ArrayList<>();
    private final List<MetadataCommand> submitted = new ArrayList<>();

    HeartbeatsTest() {
        apply(form(node(1), node(2), node(3)));
        apply(new MetadataCommand.RaiseFeatureLevel(2));
    }

    @Test
    void memberGoesOn() {
        beat(state.image());

        assertThat(submitted).isEmpty();
        assertThat(halts).isEmpty();
    }

    @Test
    void nodeThatWasGivenUpWhileItWasCutOffStops() {
        apply(new MetadataCommand.SetNodeState(3, "incarnation-3", NodeState.DEAD));
        apply(new MetadataCommand.ReplaceNode(3, "incarnation-3"));

        beat(state.image());

        assertThat(halts).singleElement().asString().contains("the cluster gave up this directory for lost");
    }

    @Test
    void answerOfAnOldLeaderIsNotBelievedAlone() {
        var before = new MetadataState(MetadataImage.EMPTY);
        before.apply(form(node(1), node(2)), 1);

        beat(before.image());

        assertThat(submitted).containsExactly(new MetadataCommand.RegisterNode(node(3), true));
        assertThat(halts).isEmpty();
    }

    @Test
    void leaderThatSaysNothingIsOfAnOlderProgram() {
        heartbeats(CompletableFuture.completedFuture(new byte[0])).beat();

        assertThat(submitted).isEmpty();
    }

    /** @param image of the leader */
    private void beat(MetadataImage image) {
        var answer = NodeMonitor.answer(NodeMonitor.heartbeat(3, "incarnation-3"), image);
        heartbeats(CompletableFuture.completedFuture(answer)).beat();
    }

    private Heartbeats heartbeats(CompletableFuture<byte[]> answer) {
        return new Heartbeats(node(3), () -> answer, this::submit, new RecordedHalts(halts));
    }

    private CompletableFuture<MetadataResult> submit(MetadataCommand command) {
        submitted.add(command);
        return CompletableFuture.completedFuture(apply(command));
    }

    private MetadataResult apply(MetadataCommand command) {
        return state.apply(command, ++index);
    }
}
