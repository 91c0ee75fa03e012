package io.cordwood.raft;

import io.cordwood.store.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The exclusive hold of a data directory: file {@code lock}, released by the system when the process dies. */
final class DirectoryLock implements Closeable {
    private final FileChannel channel;

    private DirectoryLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Creates the directory where it is missing.
     *
     * @throws IOException where nothing can be written there; its message is the system's
     * @throws StartRefusedException where another node holds it
     */
    static DirectoryLock acquire(Disk disk, Path directory) throws IOException {
        disk.createDirectories(directory);
        var channel = FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return new DirectoryLock(channel);
            }
        } catch (OverlappingFileLockException e) {
            // Held within this process: refused below like a hold of another one.
        }
        channel.close();
        throw new StartRefusedException(
                "data directory " + directory + " is in use by a running node: stop that one, or set data.dir right");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
