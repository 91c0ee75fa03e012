package io.cordwood.raft;

import io.cordwood.store.DiskError;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file does not hold what was written. What else goes wrong with files says nothing of their bytes: too
 * many open files, or a mount that is gone, must not have sound replicas set aside, maybe on all nodes at
 * once.
 */
final class DamagedFileException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedFileException(Path file, String reason, @Nullable Throwable cause) {
        super(file + " is damaged: " + reason, cause);
    }

    /** Reads a file that can be opened. */
    interface Reading<T> {
        T read() throws IOException;
    }

    /**
     * Takes bytes that the disk does not give for damage of the file: a bad sector stays one at each start,
     * and would keep the node's other replicas away with it. The others have the bytes. Where more than a
     * file is concerned, its directory cannot be read either, or the next write fails.
     *
     * @throws FileSystemException where the file cannot be opened
     */
    static <T> T read(Path file, Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw DiskError.isCauseOf(e)
                    ? new DamagedFileException(file, "the disk does not give its bytes: " + e.getMessage(), e)
                    : e;
        }
    }
}
