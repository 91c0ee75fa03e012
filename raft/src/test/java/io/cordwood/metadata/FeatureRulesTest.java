package io.cordwood.metadata;

import static io.cordwood.metadata.MetadataCommands.form;
import static io.cordwood.metadata.MetadataCommands.node;
import static io.cordwood.metadata.MetadataCommands.oneOfEach;
import static io.cordwood.metadata.MetadataCommands.topic;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand.FormCluster;
import io.cordwood.metadata.MetadataCommand.RaiseFeatureLevel;
import io.cordwood.metadata.MetadataCommand.RegisterNode;
import io.cordwood.metadata.MetadataCommand.ReplaceNode;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FeatureRulesTest {
    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private long index;

    static List<MetadataCommand> commands() {
        return oneOfEach();
    }

    /** A level below that of the command, as the image of a cluster has that an older program formed. */
    @ParameterizedTest
    @MethodSource("commands")
    void nothingIsWrittenBelowItsLevel(MetadataCommand command) {
        var formed = formed(node(1), node(2)).withFeatureLevel(command.featureLevel());

        assertThat(FeatureRules.check(command, formed)).isEmpty();
        assertThat(FeatureRules.check(command, formed.withFeatureLevel(command.featureLevel() - 1)))
                .map(Refused::reason)
                .contains(Reason.FEATURE_NOT_ENABLED);
    }

    @Test
    void earlyCommandChangesNothing() {
        var below = new MetadataState(formed(node(1)).withFeatureLevel(0));

        var refused = (Refused) below.apply(topic("orders", 1, 1), 9);

        assertThat(refused.reason()).isEqualTo(Reason.FEATURE_NOT_ENABLED);
        assertThat(below.image().topics()).isEmpty();
    }

    @Test
    void foundersBeginAtTheHighestLevelOfTheOldestProgram() {
        var founders = List.of(with(node(1), 1, 3), with(node(2), 1, 2), with(node(3), 2, 4));

        assertThat(FeatureRules.first(founders)).isEqualTo(2);
        assertThat(apply(new FormCluster(MetadataCommands.CLUSTER, 2, founders, List.of(1))))
                .isInstanceOf(MetadataResult.Done.class);
    }

    @Test
    void foundersWithoutACommonLevelFormNothing() {
        var founders = List.of(with(node(1), 1, 1), with(node(2), 2, 3));

        var refused = (Refused)
                apply(new FormCluster(MetadataCommands.CLUSTER, FeatureRules.first(founders), founders, List.of(1)));

        assertThat(refused.message()).contains("feature level is '1'").contains("from 2 to 3, the range of node 2");
        assertThat(state.image().formed()).isFalse();
    }

    @Test
    void levelIsCommonToAllButThoseThatNeverCameUp() {
        formed(with(node(1), 1, 3), with(node(2), 1, 2));
        apply(new MetadataCommand.AddNode(3, "node3:9091"));

        assertThat(FeatureRules.common(state.image())).hasValue(2);
        apply(new RegisterNode(with(node(3), 1, 1)));
        assertThat(FeatureRules.common(state.image())).hasValue(1);
        apply(new MetadataCommand.SetNodeState(3, "incarnation-3", NodeState.DEAD));
        assertThat(FeatureRules.common(state.image())).hasValue(1);
    }

    @ParameterizedTest
    @CsvSource({"1,1,run a newer program on node 2", "3,4,run an older program first on node 2"})
    void nodeThatCannotRunAtTheClustersLevelIsRefusedAndToldWhatToDo(int min, int max, String advice) {
        formed(node(1), node(2));
        apply(new RaiseFeatureLevel(2));

        var refused = (Refused) apply(new RegisterNode(with(node(2), min, max)));

        assertThat(refused.reason()).isEqualTo(Reason.FEATURE_LEVEL_UNSUPPORTED);
        assertThat(refused.message())
                .contains(min + " to " + max)
                .contains("the cluster's level 2")
                .contains(advice);
    }

    @Test
    void nodeThatAloneKeepsTheLevelDownIsReplacedAndTheLevelRisesWithIt() {
        formed(with(node(1), 1, 2), with(node(2), 1, 2), with(node(3), 1, 1));
        var replace = new ReplaceNode(3, "incarnation-3");
        assertThat(refusal(replace)).isEqualTo(Reason.FEATURE_NOT_ENABLED);
        die(3);

        assertThat(FeatureRules.check(replace, state.image())).isEmpty();
        assertThat(apply(replace)).isInstanceOf(MetadataResult.Done.class);

        assertThat(state.image().featureLevel()).isEqualTo(2);
        assertThat(refusal(new RegisterNode(with(node(3), 1, 1)))).isEqualTo(Reason.FEATURE_LEVEL_UNSUPPORTED);
    }

    @Test
    void levelStaysWhereTheNodeThatKeepsItDownMustNotBeReplaced() {
        formed(with(node(1), 1, 2), with(node(2), 1, 2), with(node(3), 1, 1));
        apply(topic("orders", 1, 3));
        die(2);
        die(3);

        assertThat(refusal(new ReplaceNode(3, "incarnation-x"))).isEqualTo(Reason.INCARNATION_MISMATCH);
        assertThat(refusal(new ReplaceNode(3, "incarnation-3"))).isEqualTo(Reason.TOO_FEW_SOUND_REPLICAS);
        assertThat(state.image().featureLevel()).isEqualTo(1);
    }

    @Test
    void levelStaysWhereOthersKeepItDownToo() {
        formed(with(node(1), 1, 2), with(node(2), 1, 1), with(node(3), 1, 1));
        die(3);

        assertThat(refusal(new ReplaceNode(3, "incarnation-3"))).isEqualTo(Reason.FEATURE_NOT_ENABLED);
    }

    private void die(int node) {
        apply(new MetadataCommand.SetNodeState(node, "incarnation-" + node, NodeState.DEAD));
    }

    private Reason refusal(MetadataCommand command) {
        return ((Refused) apply(command)).reason();
    }

    private MetadataImage formed(NodeRegistration... nodes) {
        assertThat(apply(form(nodes))).isInstanceOf(MetadataResult.Done.class);
        return state.image();
    }

    private MetadataResult apply(MetadataCommand command) {
        return state.apply(command, ++index);
    }

    private static NodeRegistration with(NodeRegistration node, int min, int max) {
        return new NodeRegistration(
                node.nodeId(),
                node.incarnation(),
                node.nodeAddress(),
                node.clientAddresses(),
                node.rack(),
                node.limits(),
                new FeatureRange(min, max));
    }
}
