package io.cordwood.client;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Where a group shall go on.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param places by topic; a partition may be named once
 * @param force also where the group has members: what they process now is fenced, and they go on at the new
 *     offsets
 * @param create also where there is no such group
 */
public record GroupReset(String group, List<Place> places, boolean force, boolean create) {
    /**
     * A place in a topic.
     *
     * @param partitions none means all
     */
    public record Place(String topic, List<Integer> partitions, StartPoint start) {
        public Place {
            Names.requireTopic(topic);
            partitions = List.copyOf(partitions);
        }
    }

    public GroupReset {
        Names.requireGroup(group);
        places = List.copyOf(places);
    }

    public static GroupReset of(String group) {
        return new GroupReset(group, List.of(), false, false);
    }

    /** All partitions of a topic. */
    public GroupReset to(String topic, StartPoint start) {
        return to(topic, List.of(), start);
    }

    /** These partitions of a topic. */
    public GroupReset to(String topic, Collection<Integer> partitions, StartPoint start) {
        var more = new ArrayList<>(places);
        more.add(new Place(topic, List.copyOf(partitions), start));
        return new GroupReset(group, more, force, create);
    }

    public GroupReset withForce(boolean value) {
        return new GroupReset(group, places, value, create);
    }

    public GroupReset withCreate(boolean value) {
        return new GroupReset(group, places, force, value);
    }
}
