package io.cordwood.raft;

import io.cordwood.metadata.FeatureRules;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeState;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the metadata leader does besides applying commands: judges the nodes, gives new ones their place in
 * the metadata group and ends that of directories that are lost, raises the feature level, has the replicas
 * of dead nodes replaced. On other nodes it does nothing.
 *
 * <p>Invariant: a replaced node is expected again only after the configuration without its old membership
 * is committed: under that one, its new and empty log would have a vote.
 *
 * <p>Thread: one, the node's duties.
 */
final class LeaderDuties {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderDuties.class);

    private final int nodeId;
    private final MetadataGroup group;
    private final ClusterMetadata metadata;
    private final NodeMonitor monitor;
    private final Replacements replacements;
    private final Map<Integer, Long> triedNanos = new HashMap<>();
    private CompletableFuture<?> command = CompletableFuture.completedFuture(null);
    private CompletableFuture<?> members = CompletableFuture.completedFuture(null);

    LeaderDuties(
            RaftNodeConfig config,
            MetadataGroup group,
            ClusterMetadata metadata,
            NodeMonitor monitor,
            Replacements.Ports ports) {
        this.nodeId = config.nodeId();
        this.group = group;
        this.metadata = metadata;
        this.monitor = monitor;
        this.replacements = new Replacements(config.nodeTimings().replaceDeadAfter(), System::nanoTime, ports);
    }

    void tick() {
        var image = metadata.image();
        if (!group.leads() || !image.formed()) {
            monitor.rest();
            replacements.rest();
            return;
        }
        image.node(nodeId).ifPresent(self -> monitor.heard(self.incarnation()));
        if (members.isDone() && group.hasSettledMembers()) {
            changeMembers(image);
        }
        if (command.isDone()) {
            ended(image).or(() -> monitor.verdict(image)).ifPresentOrElse(this::submit, () -> raiseFeatureLevel(image));
        }
        replacements.tick(metadata::image);
    }

    /**
     * One member at a time: who answers never waits long, and members change from a committed configuration
     * only.
     */
    private void changeMembers(MetadataImage image) {
        for (NodeInfo node : image.nodes().values()) {
            boolean member = group.isMember(node.nodeId());
            if (node.state() == NodeState.REPLACED && member) {
                LOG.info("node {} is replaced: its old directory is taken out of the metadata group", node.nodeId());
                begin(node, group.removeMember(node.nodeId()));
                return;
            }
        }
        image.nodes().values().stream()
                .filter(node -> node.state() == NodeState.ALIVE && !group.isMember(node.nodeId()))
                .min(Comparator.comparing(node -> triedNanos.getOrDefault(node.nodeId(), Long.MIN_VALUE)))
                .ifPresent(node -> begin(node, group.addMember(node)));
    }

    private void begin(NodeInfo node, CompletableFuture<?> change) {
        triedNanos.put(node.nodeId(), System.nanoTime());
        members = change.exceptionally(failure -> {
            LOG.warn(
                    "the place of node {} in the metadata group is not changed yet: {}",
                    node.nodeId(),
                    failure.getMessage());
            return null;
        });
    }

    /** Of a replaced node that is no member any more. */
    private Optional<MetadataCommand> ended(MetadataImage image) {
        return image.nodes().values().stream()
                .filter(node -> node.state() == NodeState.REPLACED)
                .filter(node -> members.isDone() && group.hasSettledMembers() && !group.isMember(node.nodeId()))
                .<MetadataCommand>map(
                        node -> new MetadataCommand.ReplacedNodeRemoved(node.nodeId(), node.replacedIncarnation()))
                .findFirst();
    }

    private void raiseFeatureLevel(MetadataImage image) {
        var common = FeatureRules.common(image);
        if (common.isPresent() && common.getAsInt() > image.featureLevel()) {
            submit(new MetadataCommand.RaiseFeatureLevel(common.getAsInt()));
        }
    }

    private void submit(MetadataCommand change) {
        LOG.info("metadata leader: {}", change);
        command = metadata.submit(change).exceptionally(failure -> {
            LOG.warn("{} is not decided: {}", change, failure.getMessage());
            return null;
        });
    }
}
