package io.cordwood.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The counters of a node's topics. Whoever counts for a topic asks for its counters once and keeps them.
 *
 * <p>Invariant: at most so many topics have series of their own, those that were used first; all others
 * share the label {@value #OTHER}, whose counters never fall. A topic that is deleted makes room for the
 * next one that is asked for.
 *
 * <p><b>Thread:</b> any. The monitor guards the change of the map: its size must not pass the limit.
 */
public final class TopicMeters {
    /** Also a legal name of a topic, which then shares the series. */
    public static final String OTHER = "_other";

    private final NodeMeters meters;
    private final int maxTopics;
    private final Map<String, TopicTraffic> byTopic = new ConcurrentHashMap<>();
    private @Nullable TopicTraffic other;

    TopicMeters(NodeMeters meters, int maxTopics) {
        this.meters = meters;
        this.maxTopics = maxTopics;
    }

    public TopicTraffic of(String topic) {
        var known = byTopic.get(topic);
        return known != null ? known : begin(topic);
    }

    private synchronized TopicTraffic begin(String topic) {
        if (topic.equals(OTHER) || (byTopic.size() >= maxTopics && !byTopic.containsKey(topic))) {
            return other();
        }
        return byTopic.computeIfAbsent(topic, name -> TopicTraffic.of(meters, name));
    }

    private TopicTraffic other() {
        var made = other;
        if (made == null) {
            made = TopicTraffic.of(meters, OTHER);
            other = made;
        }
        return made;
    }

    /**
     * The series of all other topics end. Who still counts in one of them counts for nobody.
     *
     * @param exists knows every topic that somebody has asked the counters of, unless it was deleted
     */
    synchronized void retain(Predicate<String> exists) {
        byTopic.entrySet().removeIf(entry -> {
            boolean gone = !exists.test(entry.getKey());
            if (gone) {
                entry.getValue().counters().forEach(meters::remove);
            }
            return gone;
        });
    }
}
