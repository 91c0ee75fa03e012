package io.cordwood.it;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.GroupRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The files of one raft log as they lie on the disk. Only reads; the server may run.
 *
 * <p><b>Thread:</b> immutable.
 *
 * <p><b>Source:</b> the files are Ratis' own: {@code RaftLog1}, then for each entry its size as a varint, a
 * {@code LogEntryProto} and four bytes of CRC.
 */
public record RaftLogFiles(Path group) {
    /** {@code log_0-41}, or {@code log_inprogress_42} for the newest. */
    private static final Pattern NAME = Pattern.compile("log_(?:inprogress_)?(\\d+)(?:-\\d+)?");

    private static final int HEADER_BYTES = 8;
    private static final int CRC_BYTES = 4;
    private static final int INDEX_FIELD = 2;
    private static final int STATE_MACHINE_FIELD = 3;
    /** Of the framed file that holds the group's id: before and behind the body. */
    private static final int FRAME_BYTES = 16;

    /** That of the only partition on a node. */
    static RaftLogFiles ofOnlyPartition(Path dataDirectory) {
        try (var groups = Files.list(dataDirectory.resolve("raft"))) {
            var identity = Files.readString(dataDirectory.resolve("node.json"));
            var partitions = groups.filter(Files::isDirectory)
                    .filter(group -> !identity.contains(group.getFileName().toString())) // the metadata's
                    .toList();
            if (partitions.size() != 1) {
                throw new AssertionError("expected one partition, found " + partitions);
            }
            return new RaftLogFiles(partitions.get(0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** That of a partition, by the group file in its directory. */
    static RaftLogFiles ofPartition(Path dataDirectory, Path partitionDirectory) {
        try {
            var bytes = Files.readAllBytes(partitionDirectory.resolve("group"));
            var record = GroupRecord.parseFrom(Arrays.copyOfRange(bytes, FRAME_BYTES, bytes.length - CRC_BYTES));
            var id = ByteBuffer.wrap(record.getRaftGroupId().toByteArray());
            var name = new UUID(id.getLong(), id.getLong()).toString();
            return new RaftLogFiles(dataDirectory.resolve("raft").resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    UUID groupId() {
        return UUID.fromString(group.getFileName().toString());
    }

    /** First raft index in the log. */
    public long firstIndex() {
        return start(files().get(0));
    }

    /** First raft index in the file that takes the next entries. */
    public long newestFileStart() {
        return start(newestFile());
    }

    Path newestFile() {
        var files = files();
        return files.get(files.size() - 1);
    }

    /** The largest file that takes no more entries. */
    Path largestClosedFile() {
        var files = files();
        return files.subList(0, files.size() - 1).stream()
                .max(Comparator.comparing(file -> file.toFile().length()))
                .orElseThrow();
    }

    /** Raft index of the newest entry that is not one of Ratis itself; -1 where there is none. */
    long newestEntry() {
        return files().stream().mapToLong(RaftLogFiles::newestEntry).max().orElse(-1);
    }

    private static long newestEntry(Path file) {
        long newest = -1;
        try {
            var in = CodedInputStream.newInstance(Files.readAllBytes(file));
            in.skipRawBytes(HEADER_BYTES);
            while (!in.isAtEnd()) {
                newest = Math.max(newest, entryIndex(in));
                in.skipRawBytes(CRC_BYTES);
            }
            return newest;
        } catch (InvalidProtocolBufferException e) {
            return newest; // an entry that is being written ends the file
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads one entry: its raft index, or -1 where it is one of Ratis itself. */
    private static long entryIndex(CodedInputStream in) throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        long index = -1;
        boolean ours = false;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int field = tag >>> 3;
            ours |= field == STATE_MACHINE_FIELD;
            if (field == INDEX_FIELD) {
                index = in.readUInt64();
            } else {
                in.skipField(tag);
            }
        }
        in.popLimit(outer);
        return ours ? index : -1;
    }

    /** Oldest first. */
    List<Path> files() {
        try (var files = Files.list(group.resolve("current"))) {
            return files.filter(
                            file -> NAME.matcher(file.getFileName().toString()).matches())
                    .sorted(Comparator.comparing(RaftLogFiles::start))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long start(Path file) {
        var name = NAME.matcher(file.getFileName().toString());
        if (!name.matches()) {
            throw new AssertionError(file + " is no file of a raft log");
        }
        return Long.parseLong(name.group(1));
    }
}
