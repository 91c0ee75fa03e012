package io.cordwood.raft;

import io.cordwood.metadata.FeatureRules;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeState;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the metadata leader does besides applying commands: judges the nodes, gives new ones their place in the metadata
 * group, raises the feature level. On other nodes it does nothing.
 *
 * <p>Thread: one, which may block: the node's duties.
 */
final class LeaderDuties {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderDuties.class);

    private final int nodeId;
    private final MetadataGroup group;
    private final ClusterMetadata metadata;
    private final NodeMonitor monitor;
    private CompletableFuture<?> command = CompletableFuture.completedFuture(null);

    LeaderDuties(int nodeId, MetadataGroup group, ClusterMetadata metadata, NodeMonitor monitor) {
        this.nodeId = nodeId;
        this.group = group;
        this.metadata = metadata;
        this.monitor = monitor;
    }

    void tick() {
        var image = metadata.image();
        if (!group.leads() || !image.formed()) {
            monitor.rest();
            return;
        }
        image.node(nodeId).ifPresent(self -> monitor.heard(self.incarnation()));
        addListeners(image);
        if (command.isDone()) {
            monitor.verdict(image).ifPresentOrElse(this::submit, () -> raiseFeatureLevel(image));
        }
    }

    private void addListeners(MetadataImage image) {
        for (NodeInfo node : image.nodes().values()) {
            if (node.state() == NodeState.ALIVE && !node.voter()) {
                try {
                    group.addListener(node);
                } catch (IOException e) {
                    LOG.warn("node {} is not yet a member of the metadata group: {}", node.nodeId(), e.getMessage());
                }
            }
        }
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
