package io.cordwood.chaos.faults;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What can befall a cluster.
 *
 * <p><b>Thread:</b> immutable.
 */
public enum FaultKind {
    /** SIGKILL of a node, which is away for a while. */
    KILL_NODE("kill", Effect.ONE_DOWN),
    /** The same of the node that leads a busy partition. */
    KILL_LEADER("kill", Effect.ONE_DOWN),
    /** Of all nodes at once. */
    KILL_ALL("kill", Effect.MANY_DOWN),
    /** Killed again while it starts. */
    KILL_DURING_START("kill", Effect.ONE_DOWN),
    /** Away until the others have purged what it lacks, and killed again while it fetches that. */
    KILL_DURING_CATCH_UP("kill", Effect.ONE_DOWN),

    /** SIGSTOP of a node: it keeps its connections and does nothing. */
    PAUSE_NODE("pause", Effect.ONE_DOWN),
    /** The same of the node that leads a busy partition, beyond its election timeout. */
    PAUSE_LEADER("pause", Effect.ONE_DOWN),

    /** All that a node sends and gets takes longer. */
    DELAY("net", Effect.SLOW),
    /** What a node sends is on its way for as long as it lasts. */
    STALL("net", Effect.CUT),
    /** A node hears the others and is not heard, the other way round, or so with one other node only. */
    ONE_WAY_CUT("net", Effect.CUT),
    /** A node and the others hear nothing of each other; clients reach all. */
    ISOLATE("net", Effect.CUT),
    /** Nodes keep connections to one that does not know of them any more. */
    HALF_OPEN("net", Effect.CUT),
    /** Connections of a node are reset in the midst of what they carry, again and again. */
    RESET("net", Effect.SLOW),
    /** A node's connections to the others are thin. */
    BANDWIDTH("net", Effect.SLOW),
    /** Two of five nodes here, three there. */
    SPLIT("net", Effect.CUT),
    /** Clients do not reach a node, which the others do. */
    CUT_CLIENTS("net", Effect.SLOW),

    /** A node's disk loses what was not forced, and its node ends. */
    POWER_LOSS_OF_ONE("power", Effect.ONE_DOWN),
    POWER_LOSS_OF_TWO("power", Effect.MANY_DOWN),
    POWER_LOSS_OF_ALL("power", Effect.MANY_DOWN),

    /** Somebody fills a node's disk, and frees it later. */
    DISK_FULL("disk", Effect.FULL),

    /** A file of a replica is damaged while its node is down. */
    FILE_DAMAGE("damage", Effect.LOSS),

    /** A node's clock goes wrong by a step, and right again by another one. */
    CLOCK_STEP("clock", Effect.CLOCK),

    /** A topic is created and deleted. */
    TOPIC_CHANGE("admin", Effect.CHANGE),
    /** A topic gets more partitions. */
    MORE_PARTITIONS("admin", Effect.CHANGE),
    /** Leaderships of a busy topic are handed over. */
    LEADERSHIP_TRANSFER("admin", Effect.CHANGE),
    /** A replica moves to a node that has none of the partition, and another one back. */
    MOVE_REPLICA("admin", Effect.MEMBERS),
    /** A replica is taken away and given back. */
    DROP_REPLICA("admin", Effect.MEMBERS),
    /** A node loses its directory, is replaced by command, and rebuilds what it had. */
    REPLACE_NODE("admin", Effect.LOSS);

    /** What a kind does to others that happen beside it. */
    enum Effect {
        /** One node is away. */
        ONE_DOWN,
        /** So many are that no majority may be left. */
        MANY_DOWN,
        /** A replica loses what it had forced. */
        LOSS,
        /** Some do not hear others. */
        CUT,
        /** All get through, later or at the next try. */
        SLOW,
        /** A node takes no batches. */
        FULL,
        CLOCK,
        /** Of topics and leaderships. */
        CHANGE,
        /** Of who holds a partition. */
        MEMBERS
    }

    private static final String ALL = "all";

    private final String profile;
    private final Effect effect;

    FaultKind(String profile, Effect effect) {
        this.profile = profile;
        this.effect = effect;
    }

    /** A word for kinds that go together. */
    public String profile() {
        return profile;
    }

    Effect effect() {
        return effect;
    }

    /** Whether it wants nodes to have a file system of their own. */
    public boolean needsDisk() {
        return profile.equals("power") || profile.equals("disk");
    }

    /** As it is printed, and told in the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Those that a list of profiles and labels names, with commas between; {@code all} names each.
     *
     * @throws IllegalArgumentException where one is neither
     */
    public static Set<FaultKind> parse(String words) {
        var kinds = EnumSet.noneOf(FaultKind.class);
        for (var word : words.split(",", -1)) {
            var named = named(word.strip());
            if (named.isEmpty()) {
                throw new IllegalArgumentException("faults: \"" + word + "\" is neither " + ALL + ", a profile of "
                        + profiles() + ", nor a kind of "
                        + Arrays.stream(values()).map(FaultKind::label).toList());
            }
            kinds.addAll(named);
        }
        return kinds;
    }

    private static List<FaultKind> named(String word) {
        return Arrays.stream(values())
                .filter(kind -> word.equals(ALL) || word.equals(kind.profile) || word.equals(kind.label()))
                .toList();
    }

    private static Set<String> profiles() {
        return Arrays.stream(values()).map(FaultKind::profile).collect(Collectors.toCollection(TreeSet::new));
    }
}
