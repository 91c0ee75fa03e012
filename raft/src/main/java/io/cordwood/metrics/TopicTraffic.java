package io.cordwood.metrics;

import io.micrometer.core.instrument.Counter;
import java.util.stream.Stream;

/**
 * What came into a topic through this node and what left it, by the call that moved it.
 *
 * <p><b>Thread:</b> any.
 *
 * @param catchUp what replicas of other nodes fetched
 */
public record TopicTraffic(Traffic publish, Traffic produce, Traffic subscribe, Traffic fetch, Traffic catchUp) {
    static TopicTraffic of(NodeMeters meters, String topic) {
        return new TopicTraffic(
                in(meters, topic, "publish"),
                in(meters, topic, "produce"),
                out(meters, topic, "subscribe"),
                out(meters, topic, "fetch"),
                out(meters, topic, "catch_up"));
    }

    private static Traffic in(NodeMeters meters, String topic, String call) {
        return new Traffic(
                meters.counter(Metric.TOPIC_IN_RECORDS, topic, call),
                meters.counter(Metric.TOPIC_IN_BYTES, topic, call));
    }

    private static Traffic out(NodeMeters meters, String topic, String call) {
        return new Traffic(
                meters.counter(Metric.TOPIC_OUT_RECORDS, topic, call),
                meters.counter(Metric.TOPIC_OUT_BYTES, topic, call));
    }

    Stream<Counter> counters() {
        return Stream.of(publish, produce, subscribe, fetch, catchUp)
                .flatMap(traffic -> Stream.of(traffic.records(), traffic.bytes()));
    }
}
