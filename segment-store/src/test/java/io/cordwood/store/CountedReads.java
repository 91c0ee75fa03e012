package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A disk that counts the bytes that are read of it.
 *
 * <p>Thread: the test's.
 */
final class CountedReads extends ForwardingDisk {
    private long bytes;

    CountedReads(Disk inner) {
        super(inner);
    }

    /** Since the last {@link #forget}. */
    long bytes() {
        return bytes;
    }

    void forget() {
        bytes = 0;
    }

    @Override
    public DiskFile open(Path file, OpenMode mode) throws IOException {
        return new ForwardingFile(super.open(file, mode)) {
            @Override
            public int read(ByteBuffer dst, long position) throws IOException {
                int read = super.read(dst, position);
                bytes += Math.max(read, 0);
                return read;
            }
        };
    }
}
