package io.cordwood.bench.consumers;

import io.cordwood.bench.process.Clients;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.GroupDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Groups of two members: one is a process of its own, which is killed, the other one lives on.
 *
 * <p>Invariant: what is measured ends when each partition is that of the one that lives.
 *
 * <p><b>Thread:</b> one.
 */
final class Killing {
    private static final String VICTIM = "victim";
    private static final String SURVIVOR = "survivor";
    private static final Duration ASK = Duration.ofMillis(20);

    private final CordwoodClient client;
    private final Clients processes;
    private final Place place;

    /**
     * Where it is.
     *
     * @param jars that the process runs
     * @param bootstrap addresses of the nodes
     */
    record Place(Path jars, String bootstrap, String topic, int partitions) {}

    Killing(CordwoodClient client, Clients processes, Place place) {
        this.client = client;
        this.processes = processes;
        this.place = place;
    }

    /** Seconds from a SIGKILL until the other member has everything. The session is the default one. */
    double secondsToOtherOwners(String group) throws IOException, InterruptedException {
        var victim = processes.start(
                place.jars(), MemberProgram.class.getName(), List.of(place.bootstrap(), group, place.topic(), VICTIM));
        try (var survivor =
                client.consumer(group).topics(place.topic()).name(SURVIVOR).handle(record -> {})) {
            Await.until(
                    "share of each member",
                    ASK,
                    () -> ownedBy(group, VICTIM) == place.partitions() / 2
                            && ownedBy(group, SURVIVOR) == place.partitions() / 2);
            long begin = System.nanoTime();
            victim.kill();
            Await.until("owner of what the killed one had", ASK, () -> ownedBy(group, SURVIVOR) == place.partitions());
            double seconds = (System.nanoTime() - begin) / 1e9;
            if (survivor.ended().isDone()) {
                throw new IOException("the member that lives has ended: " + survivor.ended());
            }
            return seconds;
        } finally {
            victim.kill();
        }
    }

    /** How many partitions members of that name have. */
    private long ownedBy(String group, String name) {
        var found = client.admin().groups().describe(group);
        var ids = found.members().stream()
                .filter(member -> member.name().equals(name))
                .map(GroupDescription.Member::memberId)
                .toList();
        return found.partitions().stream()
                .filter(partition -> ids.contains(partition.owner()))
                .count();
    }
}
