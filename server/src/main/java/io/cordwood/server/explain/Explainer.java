package io.cordwood.server.explain;

import io.cordwood.server.explain.Cause.Place;
import io.cordwood.server.explain.PartitionPicture.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds what holds something back in a picture of what is known. A subject of which nothing is wrong has no
 * causes, and neither has a group that has nothing to process. Pure functions.
 */
public final class Explainer {
    private Explainer() {}

    /**
     * What stands around a subject.
     *
     * @param askedNode whose picture this is
     * @param metadataLed whether somebody leads the metadata, as far as that node knows
     * @param partitions those that are asked about
     * @param nodes at least those that have a replica of one of them
     */
    public record Surroundings(
            int askedNode, boolean metadataLed, List<PartitionPicture> partitions, List<NodePicture> nodes) {
        public Surroundings {
            partitions = List.copyOf(partitions);
            nodes = List.copyOf(nodes);
        }

        private Stream<NodePicture> nodes(Set<Integer> ids) {
            return nodes.stream().filter(node -> ids.contains(node.nodeId()));
        }
    }

    /**
     * A group waits for partitions that stand still, and gets nothing new from those whose leaders take
     * nothing. A replica that is missing does not hold it back.
     */
    public static List<Cause> group(GroupPicture group, Surroundings around) {
        var causes = new ArrayList<>(GroupCauses.of(group));
        around.partitions()
                .forEach(partition -> PartitionCauses.standstill(partition).ifPresent(causes::add));
        around.nodes(holders(around.partitions().stream().filter(partition -> !partition.serves())))
                .forEach(node -> NodeCauses.absent(node).ifPresent(causes::add));
        around.nodes(leaders(around)).flatMap(NodeCauses::disks).forEach(causes::add);
        return ordered(causes, around);
    }

    public static List<Cause> topic(Surroundings around) {
        var causes = new ArrayList<Cause>();
        around.partitions().forEach(partition -> {
            PartitionCauses.standstill(partition).ifPresent(causes::add);
            PartitionCauses.underReplicated(partition).ifPresent(causes::add);
        });
        around.nodes(holders(around.partitions().stream())).forEach(node -> {
            NodeCauses.absent(node).ifPresent(causes::add);
            NodeCauses.disks(node).forEach(causes::add);
        });
        return ordered(causes, around);
    }

    public static List<Cause> node(NodePicture node, Surroundings around) {
        return ordered(NodeCauses.all(node).toList(), around);
    }

    private static Set<Integer> holders(Stream<PartitionPicture> partitions) {
        return partitions
                .flatMap(partition -> partition.replicas().stream())
                .map(Replica::nodeId)
                .collect(Collectors.toSet());
    }

    private static Set<Integer> leaders(Surroundings around) {
        return around.partitions().stream()
                .flatMap(partition -> partition.leader().stream().boxed())
                .collect(Collectors.toSet());
    }

    private static List<Cause> ordered(List<Cause> causes, Surroundings around) {
        var all = new ArrayList<>(causes);
        if (!around.metadataLed()) {
            all.add(noMetadataLeader(around.askedNode()));
        }
        all.sort(Cause.ORDER);
        return List.copyOf(all);
    }

    private static Cause noMetadataLeader(int askedNode) {
        return new Cause(
                CauseCode.NO_METADATA_LEADER,
                "the metadata has no leader that node " + askedNode + " can reach: no member is heard, no offset is"
                        + " committed and no topic is changed; the rest is as that node saw it last",
                "start nodes again until a majority of those that have a vote in the metadata run",
                Place.EVERYWHERE);
    }
}
