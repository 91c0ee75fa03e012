package io.cordwood.server.explain;

import io.cordwood.server.partition.TopicPartition;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A partition as its replicas' nodes tell of it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param leader node that says that it leads; empty where none does
 */
public record PartitionPicture(TopicPartition name, OptionalInt leader, List<Replica> replicas) {

    public PartitionPicture {
        replicas = List.copyOf(replicas);
    }

    /** @param entriesBehind the leader, as far as that one knows */
    public record Replica(int nodeId, Standing standing, OptionalLong entriesBehind) {}

    /** How it stands with a replica. */
    public enum Standing {
        SOUND(true, "is sound"),
        FAR_BEHIND(true, "is far behind"),
        SILENT(false, "does not answer"),
        /** Its node has no such replica open. */
        MISSING(false, "has it not open"),
        LOST(false, "has lost it"),
        JOINING(false, "does not have all of it yet");

        private final boolean takesPart;
        private final String text;

        Standing(boolean takesPart, String text) {
            this.takesPart = takesPart;
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    /** Those that vote: one that joins does not yet. */
    long voters() {
        return replicas.stream()
                .filter(replica -> replica.standing() != Standing.JOINING)
                .count();
    }

    long takingPart() {
        return replicas.stream().filter(replica -> replica.standing().takesPart).count();
    }

    long majority() {
        return voters() / 2 + 1;
    }

    boolean hasMajority() {
        return takingPart() >= majority();
    }

    /** Whether its records can be read and written, as far as its replicas go. */
    boolean serves() {
        return leader.isPresent() && hasMajority();
    }

    List<Replica> unsound() {
        return replicas.stream()
                .filter(replica -> replica.standing() != Standing.SOUND)
                .toList();
    }
}
