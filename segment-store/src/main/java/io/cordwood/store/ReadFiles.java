package io.cordwood.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * The files that the readers of one log have open: a few, the least recently used one goes first. They are apart from
 * the writer's, because an interrupted reader closes what it reads from.
 *
 * <p>Invariants: a file is closed when it is no longer kept and its last reader has left. A deleted file can be read
 * to the end by whoever is inside.
 *
 * <p><b>Thread:</b> any. The lock guards the table and the counts, never a read; a queue would put a thread hop into
 * every fetch.
 */
final class ReadFiles implements Closeable {
    private static final class OpenFile {
        private final DiskFile file;
        private int readers;
        private boolean kept = true;

        OpenFile(DiskFile file) {
            this.file = file;
        }
    }

    private final Disk disk;
    private final int filesMax;
    private final LinkedHashMap<Segment, OpenFile> files = new LinkedHashMap<>(8, 0.75f, true);
    private boolean closed;

    ReadFiles(Disk disk, int filesMax) {
        this.disk = disk;
        this.filesMax = filesMax;
    }

    /** As {@link DiskFile#read}. */
    int read(Segment segment, ByteBuffer dst, long position) throws IOException {
        int start = dst.position();
        while (true) {
            var open = acquire(segment);
            try {
                return open.file.read(dst, position);
            } catch (ClosedByInterruptException e) {
                drop(segment, open);
                throw e;
            } catch (ClosedChannelException e) {
                // Another reader was interrupted in this file. What it filled in so far is the same bytes again.
                drop(segment, open);
                dst.position(start);
            } finally {
                release(open);
            }
        }
    }

    ByteSource of(Segment segment) {
        return (dst, position) -> read(segment, dst, position);
    }

    /** Before the segment's file is deleted. */
    synchronized void forget(Segment segment) throws IOException {
        var open = files.remove(segment);
        if (open != null) {
            unkeep(open);
        }
    }

    /** Deletes segments from the end of a log; durable on return. */
    void deleteNewestFirst(List<Segment> removed, Path directory) throws IOException {
        for (int i = removed.size() - 1; i >= 0; i--) {
            disk.delete(removed.get(i).file());
            forget(removed.get(i));
        }
        disk.forceDirectory(directory);
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        for (var open : files.values()) {
            unkeep(open);
        }
        files.clear();
    }

    private synchronized OpenFile acquire(Segment segment) throws IOException {
        if (closed) {
            throw new LogClosedException("log of " + segment.file());
        }
        var open = files.get(segment);
        if (open == null) {
            open = new OpenFile(disk.open(segment.file(), OpenMode.READ));
            files.put(segment, open);
            evict();
        }
        open.readers++;
        return open;
    }

    private synchronized void release(OpenFile open) throws IOException {
        open.readers--;
        closeUnlessUsed(open);
    }

    private synchronized void drop(Segment segment, OpenFile open) throws IOException {
        files.remove(segment, open);
        unkeep(open);
    }

    private void evict() throws IOException {
        if (files.size() > filesMax) {
            var eldest = files.entrySet().iterator();
            var open = eldest.next().getValue();
            eldest.remove();
            unkeep(open);
        }
    }

    private void unkeep(OpenFile open) throws IOException {
        open.kept = false;
        closeUnlessUsed(open);
    }

    private void closeUnlessUsed(OpenFile open) throws IOException {
        if (!open.kept && open.readers == 0) {
            open.file.close();
        }
    }
}
