package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Ratis does with a replica whose node is taken out of the group while it runs. */
class RemovedMemberTest {
    @TempDir
    Path directory;

    @Test
    void memberThatIsTakenOutClosesAndItsNodeGoesOn() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, 2 << 10)) {
            cluster.appendSurely(batch("a"));
            var leader = cluster.leader();
            var removed = cluster.othersThan(leader).get(0);
            var closed = new AtomicBoolean();
            removed.onClosedByItself(() -> closed.set(true));

            leader.setMembers(cluster.othersThan(removed));

            await().atMost(PATIENCE).untilTrue(closed);
            assertThat(cluster.appendSurely(batch("b")).baseOffset()).isOne();
            assertThat(removed.halts).isEmpty();
        }
    }
}
