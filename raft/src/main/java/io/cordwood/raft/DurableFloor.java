package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.DiskFile;
import io.cordwood.store.OpenMode;
import io.cordwood.store.UnknownFormatException;
import io.cordwood.store.WholeFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How far each raft log of this node is known to be on disk, kept outside the raft logs: Ratis takes a shortened log for one that
 * was never longer, and could elect a node that lost acknowledged entries.
 *
 * <p>Invariants: a floor is the raft index of an applied entry, so it was forced and is never truncated; a raised floor is durable
 * at most {@value #INTERVAL_MS} ms later. The two slots are written in turn, so that one of them is whole at any time.
 *
 * <p>Layout of the file {@code floor}, big endian: two slots of {@value #SLOT_BYTES} bytes, each:
 *
 * <pre>
 * at   bytes  field
 *  0   4      magic, "CWFL"
 *  4   2      format version, 1
 *  6   2      reserved, 0
 *  8   8      sequence; of two whole slots the higher one counts
 * 16   4      number of groups n
 * 20   24 n   groups: raft group id (16), floor (8): the highest raft index that must be in the log
 *  .   4      CRC-32C of everything before it
 * </pre>
 *
 * <p>Thread: any. The monitor guards the map; the file has one writer at a time, guarded by {@code fileLock}.
 */
final class DurableFloor implements Closeable {
    static final String FILE_NAME = "floor";

    private static final int MAGIC = 0x4357464C;
    private static final short VERSION = 1;
    private static final int SLOT_BYTES = 64 * 1024;
    private static final int FIXED_BYTES = 20;
    private static final int GROUP_BYTES = 24;
    private static final int INTERVAL_MS = 100;

    private final DiskFile file;
    private final NodeHalt halt;
    private final ScheduledExecutorService writer;
    private final Object fileLock = new Object();
    private final Map<UUID, Long> floors;
    private long sequence;
    private boolean changed;
    /** Guarded by {@code fileLock}. After a write or a force that failed nothing proves what it holds. */
    private boolean failed;

    private record Slot(long sequence, Map<UUID, Long> floors) {}

    private DurableFloor(DiskFile file, NodeHalt halt, Slot newest) {
        this.file = file;
        this.halt = halt;
        floors = new HashMap<>(newest.floors());
        sequence = newest.sequence();
        writer = Executors.newSingleThreadScheduledExecutor(task -> {
            var thread = new Thread(task, "floor-writer");
            thread.setDaemon(true);
            return thread;
        });
        var unused =
                writer.scheduleWithFixedDelay(this::writeIfChanged, INTERVAL_MS, INTERVAL_MS, TimeUnit.MILLISECONDS);
    }

    /**
     * Opens the file in the data directory, or begins it.
     *
     * @throws DamagedFileException where it exists and neither slot is whole, or the disk does not give both: the
     *     newer one may be the other
     */
    static DurableFloor open(Disk disk, Path dataDirectory, NodeHalt halt) throws IOException {
        var path = dataDirectory.resolve(FILE_NAME);
        if (!disk.exists(path)) {
            create(disk, path);
        }
        var file = disk.open(path, OpenMode.WRITE);
        try {
            return new DurableFloor(file, halt, DamagedFileException.read(path, () -> newest(file)));
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private static Slot newest(DiskFile file) throws IOException {
        var first = readSlot(file, 0);
        var second = readSlot(file, SLOT_BYTES);
        var newest = second == null || (first != null && first.sequence() > second.sequence()) ? first : second;
        if (newest == null) {
            throw new DamagedFileException(file.path(), "neither of its two slots is whole", null);
        }
        return newest;
    }

    /** Both slots at once: a crash must not leave a file without a whole one, which would pass for damage. */
    private static void create(Disk disk, Path path) throws IOException {
        var second = encode(new Slot(1, Map.of()));
        var both = ByteBuffer.allocate(SLOT_BYTES + second.remaining());
        both.put(encode(new Slot(0, Map.of()))).position(SLOT_BYTES).put(second);
        WholeFile.replace(disk, path, both.flip());
    }

    private static @Nullable Slot readSlot(DiskFile file, long position) throws IOException {
        var bytes = ByteBuffer.allocate(SLOT_BYTES);
        file.read(bytes, position);
        bytes.flip();
        if (bytes.remaining() < FIXED_BYTES + Integer.BYTES || bytes.getInt() != MAGIC) {
            return null;
        }
        short version = bytes.getShort();
        bytes.getShort();
        long sequence = bytes.getLong();
        int count = bytes.getInt();
        long end = FIXED_BYTES + (long) count * GROUP_BYTES;
        if (count < 0 || end + Integer.BYTES > bytes.limit() || bytes.getInt((int) end) != crc(bytes, (int) end)) {
            return null;
        }
        if (version != VERSION) {
            throw new UnknownFormatException(file.path(), version, VERSION);
        }
        var floors = new HashMap<UUID, Long>();
        for (int i = 0; i < count; i++) {
            floors.put(new UUID(bytes.getLong(), bytes.getLong()), bytes.getLong());
        }
        return new Slot(sequence, floors);
    }

    private static ByteBuffer encode(Slot slot) {
        int end = FIXED_BYTES + slot.floors().size() * GROUP_BYTES;
        var bytes = ByteBuffer.allocate(end + Integer.BYTES);
        bytes.putInt(MAGIC).putShort(VERSION).putShort((short) 0).putLong(slot.sequence());
        bytes.putInt(slot.floors().size());
        slot.floors()
                .forEach((group, floor) -> bytes.putLong(group.getMostSignificantBits())
                        .putLong(group.getLeastSignificantBits())
                        .putLong(floor));
        return bytes.putInt(crc(bytes, end)).flip();
    }

    private static int crc(ByteBuffer bytes, int end) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate().position(0).limit(end));
        return (int) crc.getValue();
    }

    /** Most groups that fit a slot. */
    static int maxGroups() {
        return (SLOT_BYTES - FIXED_BYTES - Integer.BYTES) / GROUP_BYTES;
    }

    /** The floor of a group: its log must reach this raft index. */
    synchronized OptionalLong of(UUID group) {
        var floor = floors.get(group);
        return floor == null ? OptionalLong.empty() : OptionalLong.of(floor);
    }

    /** Entries up to this raft index are applied; a lower value than before changes nothing. */
    synchronized void raise(UUID group, long index) {
        var floor = floors.get(group);
        if (index >= 0 && (floor == null || floor < index)) {
            if (floor == null && floors.size() >= maxGroups()) {
                throw new IllegalStateException("more than " + maxGroups() + " raft groups on this node");
            }
            floors.put(group, index);
            changed = true;
        }
    }

    /** Those that have a floor. */
    synchronized Set<UUID> groups() {
        return Set.copyOf(floors.keySet());
    }

    /** The group is gone from this node. */
    synchronized void forget(UUID group) {
        changed |= floors.remove(group) != null;
    }

    private void writeIfChanged() {
        try {
            write();
        } catch (IOException
                | RuntimeException
                | Error e) { // an error too: it would end the writing and nobody would know
            halt.failed("cannot write " + file.path(), e);
        }
    }

    private void write() throws IOException {
        synchronized (fileLock) {
            Slot slot;
            synchronized (this) {
                if (!changed || failed) {
                    return;
                }
                changed = false;
                slot = new Slot(++sequence, Map.copyOf(floors));
            }
            failed = true;
            file.write(encode(slot), slot.sequence() % 2 == 0 ? 0 : SLOT_BYTES);
            file.force();
            failed = false;
        }
    }

    @Override
    public void close() throws IOException {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IOException("the writer of " + file.path() + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        write();
        file.close();
    }
}
