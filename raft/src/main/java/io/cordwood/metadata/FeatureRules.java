package io.cordwood.metadata;

import io.cordwood.metadata.MetadataCommand.ReplaceNode;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The cluster's feature level: what all of its nodes may write. It rises when the newest program of every
 * node knows a higher one, and never falls; until it rises every node can go back to its older program.
 * Pure functions.
 */
public final class FeatureRules {
    private static final String LEVEL = "feature level";

    private FeatureRules() {}

    /**
     * Whether a command may be written yet: a program of a lower level stops at what it cannot read, so it must
     * not even get into the log before.
     */
    public static Optional<Refused> check(MetadataCommand command, MetadataImage image) {
        if (command instanceof ReplaceNode replace && holdsBack(replace, image)) {
            return NodeRules.check(replace, image).or(() -> ReplicaRules.checkWithout(replace.nodeId(), image));
        }
        return command.featureLevel() <= image.featureLevel()
                ? Optional.empty()
                : refused(
                        Reason.FEATURE_NOT_ENABLED,
                        "feature level of the cluster",
                        Integer.toString(image.featureLevel()),
                        "at least " + command.featureLevel()
                                + ", which it reaches once all nodes run a program that knows it");
    }

    /**
     * Whether nothing but the program of the node that is given up keeps the level down. It cannot get a newer
     * one, because its directory is lost: the operator's word stands for it, and the level rises with the
     * command. All that may read it do.
     */
    private static boolean holdsBack(ReplaceNode replace, MetadataImage image) {
        var old = image.nodes().values().stream()
                .filter(node -> !node.isAwaited() && !node.features().supports(replace.featureLevel()))
                .toList();
        return image.featureLevel() < replace.featureLevel()
                && old.size() == 1
                && old.get(0).nodeId() == replace.nodeId()
                && old.get(0).state() == NodeState.DEAD;
    }

    /**
     * The highest level that every node that ever came up supports; dead ones count, they may come back. One
     * whose directory was lost registers anew.
     */
    public static OptionalInt common(MetadataImage image) {
        return image.nodes().values().stream()
                .filter(node -> !node.isAwaited())
                .mapToInt(node -> node.features().max())
                .min();
    }

    /** The level that a cluster of these founders begins at. */
    public static int first(Iterable<NodeRegistration> founders) {
        int level = Integer.MAX_VALUE;
        for (NodeRegistration node : founders) {
            level = Math.min(level, node.features().max());
        }
        return level;
    }

    /** All founders must run at the first level. */
    static Optional<Refused> checkRange(MetadataCommand.FormCluster form) {
        for (NodeRegistration node : form.nodes()) {
            if (!node.features().supports(form.featureLevel())) {
                return unsupported(form.featureLevel(), node.nodeId(), node.features());
            }
        }
        return Optional.empty();
    }

    static Optional<Refused> checkRaise(int level, MetadataImage image) {
        for (NodeInfo node : image.nodes().values()) {
            if (!node.isAwaited() && !node.features().supports(level)) {
                return unsupported(level, node.nodeId(), node.features());
            }
        }
        return Optional.empty();
    }

    /**
     * A node that cannot run at the cluster's level must not come in: it would stop at the first thing it
     * cannot read.
     */
    static Optional<Refused> check(NodeRegistration node, MetadataImage image) {
        int level = image.featureLevel();
        var said = node.features();
        if (said.supports(level)) {
            return Optional.empty();
        }
        var advice = said.max() < level ? "run a newer program on node " : "run an older program first on node ";
        return refused(
                Reason.FEATURE_LEVEL_UNSUPPORTED,
                "feature levels",
                said.min() + " to " + said.max(),
                "a range with the cluster's level " + level + ": " + advice + node.nodeId());
    }

    private static Optional<Refused> unsupported(int level, int nodeId, FeatureRange features) {
        return refused(
                Reason.FEATURE_LEVEL_UNSUPPORTED,
                LEVEL,
                Integer.toString(level),
                "from " + features.min() + " to " + features.max() + ", the range of node " + nodeId);
    }

    private static Optional<Refused> refused(Reason reason, String field, String value, String limit) {
        return Optional.of(new Refused(reason, field, value, limit));
    }
}
