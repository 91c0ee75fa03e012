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

    /** 0 when there is none. */
    static long read(Disk disk, Path directory) throws IOException {
        var body = FILE.read(disk, directory);
        return body.isEmpty() ? 0 : body.get().getLong();
    }

    /** Durable on return. */
    static void write(Disk disk, Path directory, long logStartOffset) throws IOException {
        FILE.write(disk, directory, ByteBuffer.allocate(Long.BYTES).putLong(0, logStartOffset));
    }
}
