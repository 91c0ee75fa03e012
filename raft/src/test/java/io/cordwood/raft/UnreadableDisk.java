package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.DiskFile;
import io.cordwood.store.ForwardingDisk;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A disk with a bad sector in a file that a test names, or a process that can open no more files. */
final class UnreadableDisk extends ForwardingDisk {
    private static final String NONE = "\0";

    private volatile String unreadable = NONE;
    private volatile String unopened = NONE;

    UnreadableDisk(Disk disk) {
        super(disk);
    }

    /** From now on, of files whose names end so. */
    void failReadsOf(String suffix) {
        unreadable = suffix;
    }

    /** As where too many are open, of files whose names end so. */
    void failOpensOf(String suffix) {
        unopened = suffix;
    }

    @Override
    public DiskFile open(Path file, OpenMode mode) throws IOException {
        if (file.toString().endsWith(unopened)) {
            throw new FileSystemException(file.toString(), null, "Too many open files");
        }
        return new ForwardingFile(super.open(file, mode)) {
            @Override
            public int read(ByteBuffer dst, long position) throws IOException {
                if (path().toString().endsWith(unreadable)) {
                    throw new IOException("Input/output error");
                }
                return super.read(dst, position);
            }
        };
    }
}
