package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The file {@value #NAME} in a partition's directory: the log start that was durable before segments below it were
 * deleted. Without it a restart from an older checkpoint would take them for lost.
 *
 * <p>Invariants: never falls.
 *
 * <p><b>Thread:</b> the log's writer.
 *
 * <p><b>Layout:</b> {@link FramedFile} around 8 bytes, the log start offset.
 */
final class LogStartFile {
    static final String NAME = "log-start";
    static final int VERSION = 1;

    private static final int MAGIC = 0x43574C53; // "CWLS"
    private static final FramedFile FILE = new FramedFile(NAME, MAGIC, VERSION);

    private LogStartFile() {}

    /**
     * 0 when there is none.
     *
     * @throws CorruptLogException when it is damaged
     * @throws UnknownFormatException when a newer build wrote it
     * @throws IllegalArgumentException when it is whole and no log start: a build wrote it wrong
     */
    static long read(Disk disk, Path directory) throws IOException {
        var body = FILE.read(disk, directory);
        return body.isEmpty() ? 0 : decode(body.get());
    }

    private static long decode(ByteBuffer body) {
        if (body.remaining() != Long.BYTES || body.getLong(body.position()) < 0) {
            throw new IllegalArgumentException("no log start offset in " + body.remaining() + " bytes of " + NAME);
        }
        return body.getLong();
    }

    /** Without effect where it is there already, or beyond. Durable on return. */
    static void raise(Disk disk, Path directory, long logStartOffset) throws IOException {
        if (logStartOffset > read(disk, directory)) {
            FILE.write(disk, directory, ByteBuffer.allocate(Long.BYTES).putLong(0, logStartOffset));
        }
    }
}
