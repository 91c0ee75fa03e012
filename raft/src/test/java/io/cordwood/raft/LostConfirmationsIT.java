package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A member away, and the only other one's confirmation lost: the leader has a majority and does not know it. */
class LostConfirmationsIT {
    @TempDir
    private Path directory;

    @RegisterExtension
    private final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3);

    @Test
    void newLeaderWhoseFirstEntryIsHeldButNotConfirmedDoesNotStandStill() throws Exception {
        try (var toOne = world.linkTo(1);
                var toTwo = world.linkTo(2);
                var toThree = world.linkTo(3)) {
            world.startThree();
            int away = world.metadataLeader();
            try (var lost = new LostConfirmation(away, Map.of(1, toOne, 2, toTwo, 3, toThree))) {
                world.stop(away);
                lost.await();
            }

            int stays = away % 3 + 1;
            assertThat(world.node(stays)
                            .metadata()
                            .submit(new MetadataCommand.AddNode(4, "node4:9091"), NodeWorld.PATIENCE)
                            .get(NodeWorld.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isInstanceOf(MetadataResult.Done.class);
        }
    }
}
