package io.cordwood.store;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The file {@value #NAME} in a partition's directory.
 *
 * <p>Invariants: after a crash it is the old or the new checkpoint as a whole.
 *
 * <p><b>Thread:</b> one writer per directory.
 *
 * <p><b>Layout:</b> {@link FramedFile} around {@link CheckpointCodec}.
 */
public final class CheckpointFile {
    public static final String NAME = "checkpoint";

    private static final int MAGIC = 0x43574350; // "CWCP"
    private static final FramedFile FILE =
            new FramedFile(NAME, MAGIC, CheckpointCodec.OLDEST_VERSION, CheckpointCodec.VERSION);

    private CheckpointFile() {}

    /**
     * @return empty when there is none
     * @throws CorruptLogException when it is damaged
     * @throws UnknownFormatException when a newer build wrote it
     * @throws IllegalArgumentException when it is whole and no checkpoint: a build wrote it wrong
     */
    public static Optional<Checkpoint> read(Disk disk, Path directory) throws IOException {
        var body = FILE.read(disk, directory);
        return body.isEmpty() ? Optional.empty() : Optional.of(CheckpointCodec.decode(body.get()));
    }

    /** The checkpoint as the file holds it, without the frame. */
    public static ByteBuffer encode(Checkpoint checkpoint) {
        return CheckpointCodec.encode(checkpoint);
    }

    /**
     * What {@link #encode} made of a checkpoint, here or in a build that writes an older version.
     *
     * @throws IOException when the bytes are no checkpoint
     */
    public static Checkpoint decode(ByteBuffer bytes) throws IOException {
        try {
            return CheckpointCodec.decode(bytes);
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw new IOException("no checkpoint: " + e.getMessage(), e);
        }
    }

    /** The checkpoint is durable on return. */
    public static void write(Disk disk, Path directory, Checkpoint checkpoint) throws IOException {
        FILE.write(disk, directory, CheckpointCodec.encode(checkpoint));
    }
}
