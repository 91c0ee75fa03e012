package io.cordwood.raft;

import io.cordwood.store.CorruptLogException;
import io.cordwood.store.Disk;
import io.cordwood.store.FramedFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@link RaftMeta} said of each raft group while the node ran, kept outside the groups' directories:
 * Ratis keeps term, vote and members without a checksum, and a node that forgot its vote may give a second
 * one in the same term.
 *
 * <p>Invariants: what is kept of a group never grows older, unless the group is forgotten; it is durable at
 * most {@value #INTERVAL_MS} ms after Ratis wrote its files, and never newer than they are. The file only
 * confirms: where it is missing or damaged it is begun anew.
 *
 * <p>Layout of the file {@code votes}: {@link FramedFile}, magic "CWVT", version {@value #VERSION}; its
 * body, big endian, per group:
 *
 * <pre>
 * bytes  field
 * 16     raft group id
 *  8     term
 *  4     voted for: node id, 0 = nobody in this term
 *  8     raft index of the members, -1 = none
 *  4     CRC-32C of the members
 * </pre>
 *
 * <p>Thread: any; the monitor guards everything.
 */
final class DurableVotes implements Closeable {
    static final String FILE_NAME = "votes";

    private static final Logger LOG = LoggerFactory.getLogger(DurableVotes.class);
    private static final int MAGIC = 0x43575654;
    private static final int VERSION = 1;
    private static final FramedFile FILE = new FramedFile(FILE_NAME, MAGIC, VERSION);
    private static final int GROUP_BYTES = 2 * Long.BYTES + Long.BYTES + Integer.BYTES + Long.BYTES + Integer.BYTES;
    private static final int INTERVAL_MS = 1_000;

    private final Disk disk;
    private final Path dataDirectory;
    private final Path raftDirectory;
    private final StartupGroups groups;
    private final NodeHalt halt;
    private final ScheduledExecutorService writer;
    private final Map<UUID, RaftMeta> known;
    /** Of the files as they were last read: Ratis replaces them as a whole. */
    private final Map<UUID, List<Object>> stamps = new HashMap<>();

    private boolean watching;
    private boolean changed;
    private boolean failed;

    private DurableVotes(Disk disk, Path dataDirectory, Path raftDirectory, NodeHalt halt, Map<UUID, RaftMeta> known) {
        this.disk = disk;
        this.dataDirectory = dataDirectory;
        this.raftDirectory = raftDirectory;
        this.halt = halt;
        this.known = known;
        groups = new StartupGroups(disk, raftDirectory);
        writer = Executors.newSingleThreadScheduledExecutor(task -> {
            var thread = new Thread(task, "vote-writer");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Reads what is known. The raft directory must be there: what was known of groups that are not in it is
     * forgotten.
     *
     * @throws io.cordwood.store.UnknownFormatException where a newer build wrote the file
     */
    static DurableVotes open(Disk disk, Path dataDirectory, Path raftDirectory, NodeHalt halt) throws IOException {
        var known = read(disk, dataDirectory);
        known.keySet().retainAll(new StartupGroups(disk, raftDirectory).onDisk());
        return new DurableVotes(disk, dataDirectory, raftDirectory, halt, known);
    }

    private static Map<UUID, RaftMeta> read(Disk disk, Path dataDirectory) throws IOException {
        var known = new TreeMap<UUID, RaftMeta>();
        try {
            var body =
                    DamagedFileException.read(dataDirectory.resolve(FILE_NAME), () -> FILE.read(disk, dataDirectory));
            if (body.isPresent()) {
                parse(body.get(), known);
            }
        } catch (CorruptLogException | DamagedFileException e) {
            LOG.error(
                    "what was known of votes is lost, the raft groups' own files are trusted as they are: {}",
                    e.getMessage());
        }
        return known;
    }

    private static void parse(ByteBuffer body, Map<UUID, RaftMeta> known) {
        while (body.remaining() >= GROUP_BYTES) {
            known.put(
                    new UUID(body.getLong(), body.getLong()),
                    new RaftMeta(body.getLong(), body.getInt(), body.getLong(), body.getInt()));
        }
    }

    /**
     * Looks at the groups' files now and then. From when the start has found nothing wrong with them: what
     * it refused must not be what the next one compares with.
     */
    synchronized void watch() {
        watching = true;
        var unused = writer.scheduleWithFixedDelay(this::look, INTERVAL_MS, INTERVAL_MS, TimeUnit.MILLISECONDS);
    }

    /** What the files of a group must not fall behind. */
    synchronized Optional<RaftMeta> of(UUID group) {
        return Optional.ofNullable(known.get(group));
    }

    /** The group is gone from this node, or begins anew. */
    synchronized void forget(UUID group) {
        stamps.remove(group);
        changed |= known.remove(group) != null;
    }

    /** Looks at the files of all groups, and keeps what is new in them. */
    synchronized void look() {
        if (failed) {
            return; // a force that failed is not repeated
        }
        try {
            for (UUID group : groups.onDisk()) {
                look(group);
            }
            if (changed) {
                write();
                changed = false;
            }
        } catch (IOException
                | RuntimeException
                | Error e) { // whatever it was: nobody would know that votes are not kept
            failed = true;
            halt.failed("cannot keep " + dataDirectory.resolve(FILE_NAME), e);
        }
    }

    private void look(UUID group) throws IOException {
        var directory = raftDirectory.resolve(group.toString());
        try {
            var stamp = stamp(directory);
            if (stamp.isEmpty() || stamp.equals(stamps.get(group))) {
                return;
            }
            var found = found(directory);
            // Ratis does not force the names that it gives the files. After the reading: one that comes between
            // would be noted without being durable, and the next start would take its loss for damage.
            RaftLogScan.force(directory.resolve(RaftLogScan.CURRENT), StandardOpenOption.READ);
            stamps.put(group, stamp);
            if (found.isPresent()) {
                var before = known.get(group);
                var newest = before == null ? found.get() : found.get().newerThan(before);
                known.put(group, newest);
                changed |= !newest.equals(before);
            }
        } catch (NoSuchFileException e) {
            LOG.debug("group {} is being made or deleted: {}", group, e.getMessage());
        } catch (UnreadableException e) {
            LOG.warn("{} is looked at again: {}", directory, String.valueOf(e.getCause()));
        }
    }

    /** The node runs with what it read at its start; the next start judges what is there by then. */
    private static Optional<RaftMeta> found(Path directory) throws NoSuchFileException, UnreadableException {
        try {
            return RaftMeta.read(directory);
        } catch (DamagedFileException e) {
            LOG.error("the next start will not take {}: {}", directory, e.getMessage());
            return Optional.empty();
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw new UnreadableException(e);
        }
    }

    /** The files could not be read now, which says nothing of them. */
    private static final class UnreadableException extends IOException {
        private static final long serialVersionUID = 1L;

        UnreadableException(IOException cause) {
            super(cause);
        }
    }

    /** Empty where there is no vote file. */
    private static List<Object> stamp(Path directory) throws IOException {
        var current = directory.resolve(RaftLogScan.CURRENT);
        var vote = current.resolve(RaftMeta.VOTE_FILE);
        if (!Files.exists(vote)) {
            return List.of();
        }
        var members = current.resolve(RaftMeta.MEMBERS_FILE);
        return Files.exists(members) ? List.of(stampOf(vote), stampOf(members)) : List.of(stampOf(vote));
    }

    private static List<Object> stampOf(Path file) throws IOException {
        var attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return List.of(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey()));
    }

    private void write() throws IOException {
        var body = ByteBuffer.allocate(known.size() * GROUP_BYTES);
        known.forEach((group, meta) -> body.putLong(group.getMostSignificantBits())
                .putLong(group.getLeastSignificantBits())
                .putLong(meta.term())
                .putInt(meta.votedFor())
                .putLong(meta.membersIndex())
                .putInt(meta.membersCrc()));
        FILE.write(disk, dataDirectory, body.flip());
    }

    private synchronized void lookOnceMore() {
        if (watching) {
            look();
        }
    }

    /** After Ratis has closed its groups. */
    @Override
    public void close() throws IOException {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IOException("the writer of " + dataDirectory.resolve(FILE_NAME) + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lookOnceMore();
    }
}
