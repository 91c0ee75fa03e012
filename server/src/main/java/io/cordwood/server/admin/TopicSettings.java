package io.cordwood.server.admin;

import io.cordwood.metadata.MetadataCommand.AlterTopicConfig;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.ImageWatch;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.Partitions;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;

/**
 * The settings of topics: shown with where they come from, and changed.
 *
 * <p><b>Thread:</b> any; no state of its own. Futures fail with {@link RefusedException} where a rule is broken.
 */
public final class TopicSettings {
    private final Cluster cluster;
    private final TopicConfig defaults;
    private final ImageWatch watch;

    /** @param defaults what holds on this node where a topic sets nothing */
    public TopicSettings(Cluster cluster, TopicConfig defaults) {
        this.cluster = cluster;
        this.defaults = defaults;
        this.watch = new ImageWatch(cluster);
    }

    /** All settings of a topic, in order of their keys. */
    public CompletableFuture<List<TopicSetting>> find(String name) {
        return cluster.currentImage().thenApply(image -> settings(topic(image, name)));
    }

    /** Sets some settings and has others fall back to the defaults. */
    public CompletableFuture<ConfigChange> alter(
            String name, SortedMap<String, String> set, SortedSet<String> reset, Deadline deadline) {
        return command(name, set, reset)
                .thenCompose(change -> cluster.submit(change.command)
                        .thenApply(Topics::index)
                        .thenCompose(index -> watch.require(
                                "the change of topic '" + name + "'", image -> image.index() >= index, deadline))
                        .thenApply(image -> change.to(image)));
    }

    /** As {@link #alter}, but nothing changes. */
    public CompletableFuture<ConfigChange> validate(
            String name, SortedMap<String, String> set, SortedSet<String> reset) {
        return command(name, set, reset).thenApply(change -> change.to(Topics.tried(change.command, change.before)));
    }

    private CompletableFuture<Change> command(String name, SortedMap<String, String> set, SortedSet<String> reset) {
        if (name.startsWith(Topics.INTERNAL_PREFIX)) {
            return RefusedException.failedFuture(Topics.reserved(name));
        }
        return cluster.currentImage()
                .thenApply(image -> new Change(
                        name, image, new AlterTopicConfig(topic(image, name).topicId(), set, reset)));
    }

    /** A change of one topic, from an image on. */
    private final class Change {
        private final String name;
        private final MetadataImage before;
        private final AlterTopicConfig command;

        Change(String name, MetadataImage before, AlterTopicConfig command) {
            this.name = name;
            this.before = before;
            this.command = command;
        }

        ConfigChange to(MetadataImage after) {
            return new ConfigChange(settings(topic(before, name)), settings(topic(after, name)));
        }
    }

    private static TopicInfo topic(MetadataImage image, String name) {
        return image.topic(name).orElseThrow(() -> Partitions.unknownTopic(name).exception());
    }

    private List<TopicSetting> settings(TopicInfo topic) {
        var fallbacks = defaults.values();
        var settings = new ArrayList<TopicSetting>();
        TopicConfig.resolve(topic.config(), defaults)
                .values()
                .forEach((key, value) -> settings.add(new TopicSetting(
                        key,
                        value,
                        fallbacks.getOrDefault(key, ""),
                        topic.config().containsKey(key))));
        return settings;
    }
}
