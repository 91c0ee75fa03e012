package io.cordwood.raft;

import io.cordwood.metadata.LeaderReport;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.RaftGroupId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the metadata which partitions this node leads, in batches, one at a time. It compares what the groups say with
 * what the image says, so a lost report is made up for by the next look.
 *
 * <p>Thread: one, the node's timer.
 */
final class LeaderReporter {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderReporter.class);

    private final int nodeId;
    private final RaftGroups groups;
    private final ClusterMetadata metadata;
    private CompletableFuture<?> report = CompletableFuture.completedFuture(null);

    LeaderReporter(int nodeId, RaftGroups groups, ClusterMetadata metadata) {
        this.nodeId = nodeId;
        this.groups = groups;
        this.metadata = metadata;
    }

    void tick() {
        if (!report.isDone()) {
            return;
        }
        var news = news(metadata.image());
        if (!news.isEmpty()) {
            LOG.debug("node {} leads {}", nodeId, news);
            report = metadata.submit(new MetadataCommand.ReportLeaders(nodeId, news))
                    .exceptionally(failure -> {
                        LOG.warn("node {} cannot report what it leads: {}", nodeId, failure.getMessage());
                        return null;
                    });
        }
    }

    private List<LeaderReport> news(MetadataImage image) {
        var news = new ArrayList<LeaderReport>();
        for (MetadataImage.Replica replica : image.replicasOn(nodeId)) {
            var partition = replica.partition();
            long term = ledTerm(partition);
            boolean known = partition.leader().equals(OptionalInt.of(nodeId)) && partition.leaderTerm() == term;
            if (term > 0 && !known) {
                news.add(new LeaderReport(replica.topic().topicId(), partition.partition(), term));
            }
        }
        return news;
    }

    /** The term in which this node leads; 0 where it does not. */
    private long ledTerm(PartitionInfo partition) {
        return groups.division(RaftGroupId.valueOf(partition.raftGroupId()))
                .map(division -> {
                    // Read between two looks at the role: the term of a leadership, not of a later election.
                    boolean before = division.getInfo().isLeaderReady();
                    long term = division.getInfo().getCurrentTerm();
                    return before && division.getInfo().isLeaderReady() ? term : 0;
                })
                .orElse(0L);
    }
}
