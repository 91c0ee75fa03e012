package io.cordwood.raft;

import io.cordwood.store.NoSpace;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process at once, without an orderly close: whatever contradicts itself must not be written to any more.
 *
 * <p>Thread: any.
 */
public final class ProcessHalt implements NodeHalt {
    /** Exit status of a halted node. */
    public static final int EXIT_STATUS = 70;

    private static final Logger LOG = LoggerFactory.getLogger(ProcessHalt.class);

    private final int nodeId;
    private final Path dataDirectory;
    private final Path raftDirectory;

    public ProcessHalt(int nodeId, Path dataDirectory, Path raftDirectory) {
        this.nodeId = nodeId;
        this.dataDirectory = dataDirectory;
        this.raftDirectory = raftDirectory;
    }

    @Override
    public void damaged(PartitionId partition, String reason, @Nullable Throwable cause) {
        LOG.error(
                "node {} stops: partition {} contradicts itself: {}; it is set aside at the next start",
                nodeId,
                partition,
                reason,
                cause);
        var marker = PartitionReplicas.damageMarker(dataDirectory, partition);
        try {
            Files.writeString(marker, reason);
        } catch (IOException e) {
            LOG.error("node {}: cannot leave {}", nodeId, marker, e);
        }
        Runtime.getRuntime().halt(EXIT_STATUS);
    }

    @Override
    public void failed(String reason, Throwable cause) {
        LOG.error("node {} stops: {}{}", nodeId, reason, NoSpace.isCauseOf(cause) ? room() : "", cause);
        Runtime.getRuntime().halt(EXIT_STATUS);
    }

    private String room() {
        return ": a disk is full (" + room(dataDirectory) + ", " + room(raftDirectory)
                + "). Make room before the node is started again";
    }

    /** As the JDK says without an exception: 0 also where it does not know. */
    private static String room(Path directory) {
        return directory + " has " + directory.toFile().getUsableSpace() + " bytes left";
    }
}
