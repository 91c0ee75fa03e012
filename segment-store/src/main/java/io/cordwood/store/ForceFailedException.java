package io.cordwood.store;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A force failed: nobody knows what the disk holds, and a second force would succeed without having written
 * what the first one lost.
 *
 * <p><b>Thread:</b> immutable.
 *
 * <p><b>Source:</b> Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020.
 */
public final class ForceFailedException extends IOException {
    private static final long serialVersionUID = 1;

    /** @param path the file, or the directory */
    public ForceFailedException(Path path, IOException cause) {
        super("cannot force " + path + ": " + cause.getMessage(), cause);
    }
}
