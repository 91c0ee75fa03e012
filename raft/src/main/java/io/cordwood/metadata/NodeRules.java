package io.cordwood.metadata;

import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import java.util.Locale;
import java.util.Optional;

/** What commands about nodes must keep to. Pure functions. */
final class NodeRules {
    private NodeRules() {}

    static Optional<Refused> check(MetadataCommand.AddNode add, MetadataImage image) {
        if (add.nodeId() < 1) {
            return refused(Reason.INVALID_ARGUMENT, "node id", Integer.toString(add.nodeId()), "at least 1");
        }
        if (!add.nodeAddress().matches("[^\\s:]+:[0-9]{1,5}")) {
            return refused(Reason.INVALID_ARGUMENT, "node address", add.nodeAddress(), "host:port");
        }
        for (NodeInfo node : image.nodes().values()) {
            boolean same = node.nodeId() == add.nodeId() && node.nodeAddress().equals(add.nodeAddress());
            if (same && node.state() == NodeState.EXPECTED) {
                return Optional.empty();
            }
            if (node.nodeId() == add.nodeId()) {
                return refused(Reason.NODE_EXISTS, "node id", Integer.toString(add.nodeId()), "never used before");
            }
            if (node.nodeAddress().equals(add.nodeAddress())) {
                return refused(
                        Reason.NODE_EXISTS,
                        "node address",
                        add.nodeAddress(),
                        "another one than that of node " + node.nodeId());
            }
        }
        return Optional.empty();
    }

    static Optional<Refused> check(MetadataCommand.RegisterNode register, MetadataImage image) {
        var node = register.node();
        var known = image.node(node.nodeId());
        if (known.isEmpty()) {
            return unknown(node.nodeId());
        }
        if (!known.get().nodeAddress().equals(node.nodeAddress())) {
            return refused(
                    Reason.NODE_ADDRESS_CHANGED,
                    "node address",
                    node.nodeAddress(),
                    known.get().nodeAddress());
        }
        var features = FeatureRules.check(node, image);
        if (features.isPresent()) {
            return features;
        }
        if (known.get().replaces(node.incarnation())
                || (register.again() && known.get().isAwaitedAgain())) {
            return refused(
                    Reason.INCARNATION_MISMATCH,
                    "incarnation of node " + node.nodeId(),
                    node.incarnation(),
                    "that of a new directory: this one was given up for lost");
        }
        if (known.get().state() == NodeState.REPLACED) {
            return refused(
                    Reason.NODE_NOT_ALIVE,
                    "state of node " + node.nodeId(),
                    "replaced",
                    "expected: its old membership in the metadata group ends first");
        }
        boolean first = known.get().state() == NodeState.EXPECTED;
        return first ? Optional.empty() : checkIncarnation(known.get(), node.incarnation());
    }

    /** Who is alive would go on with what the others take for lost. */
    static Optional<Refused> check(MetadataCommand.ReplaceNode replace, MetadataImage image) {
        var known = image.node(replace.nodeId());
        if (known.isEmpty()) {
            return unknown(replace.nodeId());
        }
        if (known.get().isAwaited()) {
            return refused(
                    Reason.INVALID_ARGUMENT,
                    "state of node " + replace.nodeId(),
                    known.get().state().name().toLowerCase(Locale.ROOT),
                    "dead: it may be started with an empty directory already");
        }
        if (known.get().state() != NodeState.DEAD) {
            return refused(
                    Reason.NODE_ALIVE,
                    "state of node " + replace.nodeId(),
                    known.get().state().name().toLowerCase(Locale.ROOT),
                    "dead: a node that is stopped is known to be so after a while");
        }
        return checkIncarnation(known.get(), replace.incarnation());
    }

    static Optional<Refused> check(MetadataCommand.SetNodeState set, MetadataImage image) {
        var known = image.node(set.nodeId());
        if (known.isEmpty()) {
            return unknown(set.nodeId());
        }
        if (set.state() == NodeState.EXPECTED
                || set.state() == NodeState.REPLACED
                || known.get().isAwaited()) {
            return refused(
                    Reason.INVALID_ARGUMENT,
                    "state of node " + set.nodeId(),
                    known.get().state() + " to " + set.state(),
                    "a change between states of a node that came up");
        }
        return checkIncarnation(known.get(), set.incarnation());
    }

    private static Optional<Refused> checkIncarnation(NodeInfo known, String incarnation) {
        return known.incarnation().equals(incarnation)
                ? Optional.empty()
                : refused(
                        Reason.INCARNATION_MISMATCH,
                        "incarnation of node " + known.nodeId(),
                        incarnation,
                        known.incarnation());
    }

    private static Optional<Refused> unknown(int nodeId) {
        return refused(Reason.UNKNOWN_NODE, "node id", Integer.toString(nodeId), "one that was added");
    }

    private static Optional<Refused> refused(Reason reason, String field, String value, String limit) {
        return Optional.of(new Refused(reason, field, value, limit));
    }
}
