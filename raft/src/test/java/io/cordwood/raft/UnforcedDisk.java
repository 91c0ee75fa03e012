package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.DiskFile;
import io.cordwood.store.ForwardingDisk;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A disk whose forces succeed and do nothing. Its tests end nodes and processes, and take no power away: what was written is
 * there. A real force would only have all tests of a machine wait for each other.
 *
 * <p><b>Thread:</b> as the other disk.
 */
final class UnforcedDisk extends ForwardingDisk {
    UnforcedDisk(Disk disk) {
        super(disk);
    }

    @Override
    public DiskFile open(Path file, OpenMode mode) throws IOException {
        return new UnforcedFile(super.open(file, mode));
    }

    @Override
    public void forceDirectory(Path directory) {}

    private static final class UnforcedFile extends ForwardingFile {
        UnforcedFile(DiskFile file) {
            super(file);
        }

        @Override
        public void force() {}
    }
}
