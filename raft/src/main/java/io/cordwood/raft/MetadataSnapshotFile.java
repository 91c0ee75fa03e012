package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.store.CorruptLogException;
import io.cordwood.store.Disk;
import io.cordwood.store.FramedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The file {@code metadata/snapshot} of a data directory: the cluster's metadata at a raft index.
 *
 * <p>Invariants: after a crash it is the old or the new snapshot as a whole.
 *
 * <p>Thread: the one that starts the node, then Ratis' state machine updater of the metadata group.
 *
 * <p>Layout: {@link FramedFile} around {@code cordwood.internal.v1.MetadataSnapshot}, magic "CWMS", version
 * {@value #VERSION}.
 */
final class MetadataSnapshotFile {
    private static final int MAGIC = 0x43574D53; // "CWMS"
    private static final int VERSION = 1;
    private static final String NAME = "snapshot";
    private static final FramedFile FILE = new FramedFile(NAME, MAGIC, VERSION);

    private final Disk disk;
    private final Path directory;

    MetadataSnapshotFile(Disk disk, Path dataDirectory) {
        this.disk = disk;
        directory = dataDirectory.resolve("metadata");
    }

    /**
     * The newest snapshot, or empty when there is none.
     *
     * @throws io.cordwood.store.CorruptLogException when it is damaged
     * @throws DamagedFileException when the disk does not give its bytes
     * @throws io.cordwood.store.UnknownFormatException when a newer build wrote it
     */
    Optional<MetadataCodec.Snapshot> read() throws IOException {
        return DamagedFileException.read(directory.resolve(NAME), () -> FILE.read(disk, directory))
                .map(MetadataCodec::decodeSnapshot);
    }

    /**
     * As {@link #read}, at a start.
     *
     * @param nodeId of this node
     * @param owner of the data directory, empty where it is no member yet
     * @throws StartRefusedException also when it is that of another cluster
     */
    Optional<MetadataCodec.Snapshot> readOf(int nodeId, Optional<NodeIdentity> owner) throws IOException {
        Optional<MetadataCodec.Snapshot> snapshot;
        try {
            snapshot = read();
        } catch (CorruptLogException | DamagedFileException e) {
            throw mustNotStart(String.valueOf(e.getMessage()), nodeId);
        }
        var image = snapshot.map(MetadataCodec.Snapshot::image).filter(MetadataImage::formed);
        if (owner.isPresent()
                && image.isPresent()
                && !image.get().clusterId().equals(owner.get().clusterId())) {
            throw mustNotStart(
                    "it is of cluster " + image.get().clusterId() + ", node.json of "
                            + owner.get().clusterId(),
                    nodeId);
        }
        return snapshot;
    }

    private StartRefusedException mustNotStart(String reason, int nodeId) {
        return new StartRefusedException("the snapshot of the cluster's metadata in " + directory
                + " cannot be used: "
                + reason + ". Put the right one back, or "
                + Formation.replacement(nodeId));
    }

    /** Durable when it returns. */
    void write(MetadataCodec.Snapshot snapshot) throws IOException {
        disk.createDirectories(directory);
        FILE.write(disk, directory, ByteBuffer.wrap(MetadataCodec.encode(snapshot)));
    }
}
