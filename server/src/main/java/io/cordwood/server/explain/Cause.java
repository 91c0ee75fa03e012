package io.cordwood.server.explain;

import io.cordwood.server.partition.TopicPartition;
import java.util.Comparator;
import java.util.OptionalInt;

/**
 * One thing that holds something back.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param sentence what is so, with the names and the figures
 * @param hint what helps; empty where it goes by by itself
 */
public record Cause(CauseCode code, String sentence, String hint, Place place) {
    /** The gravest first, and among equals by their places. */
    static final Comparator<Cause> ORDER = Comparator.comparing(Cause::code)
            .thenComparing(cause -> cause.place().topic())
            .thenComparingInt(cause -> cause.place().partition().orElse(-1))
            .thenComparing(cause -> cause.place().memberId())
            .thenComparingInt(cause -> cause.place().nodeId().orElse(-1));

    /**
     * What a cause is about.
     *
     * @param topic name; empty where it is about none
     * @param memberId empty where it is about none
     */
    public record Place(String topic, OptionalInt partition, String memberId, OptionalInt nodeId) {
        static final Place EVERYWHERE = new Place("", OptionalInt.empty(), "", OptionalInt.empty());

        static Place of(TopicPartition partition) {
            return new Place(partition.topic(), OptionalInt.of(partition.partition()), "", OptionalInt.empty());
        }

        static Place of(TopicPartition partition, String memberId) {
            return new Place(partition.topic(), OptionalInt.of(partition.partition()), memberId, OptionalInt.empty());
        }

        static Place topic(String topic) {
            return new Place(topic, OptionalInt.empty(), "", OptionalInt.empty());
        }

        static Place member(String memberId) {
            return new Place("", OptionalInt.empty(), memberId, OptionalInt.empty());
        }

        static Place node(int nodeId) {
            return new Place("", OptionalInt.empty(), "", OptionalInt.of(nodeId));
        }
    }
}
