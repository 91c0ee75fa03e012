package io.cordwood.raft;

import io.cordwood.store.CheckpointFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.server.raftlog.segmented.SegmentedRaftLogOutputStream;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.SizeInBytes;

/** The files of a stopped replica, for tests that damage them. */
final class ReplicaFiles {
    private static final int ENTRY_MAX_BYTES = 1 << 20;

    private final Path raftGroup;
    private final Path partition;

    ReplicaFiles(Path raftGroup, Path partition) {
        this.raftGroup = raftGroup;
        this.partition = partition;
    }

    Path raftGroup() {
        return raftGroup;
    }

    Path partition() {
        return partition;
    }

    /** Oldest first. */
    List<Path> segments() throws IOException {
        try (var files = Files.list(partition())) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        }
    }

    Path lastSegment() throws IOException {
        var all = segments();
        return all.get(all.size() - 1);
    }

    /** Oldest first; the last one is open. */
    List<Path> raftSegments() throws IOException {
        return raftSegmentPaths().stream().map(LogSegmentPath::getPath).toList();
    }

    private List<LogSegmentPath> raftSegmentPaths() throws IOException {
        try (var files = Files.list(raftGroup.resolve("current"))) {
            return files.map(LogSegmentPath::matchLogSegment)
                    .filter(segment -> segment != null)
                    .sorted(Comparator.comparing(LogSegmentPath::getStartEnd))
                    .toList();
        }
    }

    Path openRaftSegment() throws IOException {
        var all = raftSegments();
        return all.get(all.size() - 1);
    }

    /** Writes the log anew in so many closed segments of five entries, and an open one with the rest. */
    void splitRaftLog(int closedSegments) throws IOException {
        var entries = raftEntries();
        for (Path old : raftSegments()) {
            Files.delete(old);
        }
        for (int i = 0; i < closedSegments; i++) {
            write(entries.subList(5 * i, 5 * i + 5), true);
        }
        write(entries.subList(5 * closedSegments, entries.size()), false);
    }

    private List<LogEntryProto> raftEntries() throws IOException {
        var entries = new ArrayList<LogEntryProto>();
        for (LogSegmentPath segment : raftSegmentPaths()) {
            LogSegment.readSegmentFile(
                    segment.getPath().toFile(),
                    segment.getStartEnd(),
                    SizeInBytes.valueOf(ENTRY_MAX_BYTES),
                    CorruptionPolicy.EXCEPTION,
                    null,
                    entries::add);
        }
        return entries;
    }

    private void write(List<LogEntryProto> entries, boolean closed) throws IOException {
        long first = entries.get(0).getIndex();
        long last = entries.get(entries.size() - 1).getIndex();
        var name = closed ? "log_" + first + "-" + last : "log_inprogress_" + first;
        write(raftGroup.resolve("current").resolve(name), false, entries);
    }

    private static void write(Path file, boolean append, List<LogEntryProto> entries) throws IOException {
        try (var out = new SegmentedRaftLogOutputStream(
                file.toFile(), append, ENTRY_MAX_BYTES, 0, ByteBuffer.allocateDirect(ENTRY_MAX_BYTES))) {
            for (LogEntryProto entry : entries) {
                out.write(entry);
            }
        }
    }

    /** Puts one more entry into the raft log, of a format version that nobody knows yet. */
    void appendUnknownEntry() throws IOException {
        var entries = raftEntries();
        var last = entries.get(entries.size() - 1);
        var header = ByteString.copyFrom(new byte[] {2, 9, 9, 9});
        var unknown = LogEntryProto.newBuilder()
                .setTerm(last.getTerm())
                .setIndex(last.getIndex() + 1)
                .setStateMachineLogEntry(StateMachineLogEntryProto.newBuilder().setLogData(header))
                .build();
        write(openRaftSegment(), true, List.of(unknown));
    }

    void writeUnknownCheckpoint() throws IOException {
        var bytes = ByteBuffer.allocate(20).putInt(0x43574350).putInt(99).putInt(0);
        var crc = new CRC32C();
        crc.update(bytes.array(), 0, 12);
        Files.write(
                partition().resolve(CheckpointFile.NAME),
                bytes.putInt((int) crc.getValue()).array());
    }

    /** Leaves one part of so many of a file. */
    static void cutTo(Path file, int parts) throws IOException {
        cutBytes(file, Files.size(file) - Files.size(file) / parts);
    }

    static void cutBytes(Path file, long bytes) throws IOException {
        try (var open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(open.length() - bytes);
        }
    }

    /** Leaves so many bytes of all segments together. */
    void cutSegmentsTo(long sizeBytes) throws IOException {
        long left = sizeBytes;
        for (Path segment : segments()) {
            long keep = Math.min(left, Files.size(segment));
            if (keep == 0) {
                Files.delete(segment);
            } else {
                cutBytes(segment, Files.size(segment) - keep);
            }
            left -= keep;
        }
    }

    static void flipBitInTheMiddle(Path file) throws IOException {
        try (var open = new RandomAccessFile(file.toFile(), "rw")) {
            long middle = open.length() / 2;
            open.seek(middle);
            int found = open.read();
            open.seek(middle);
            open.write(found ^ 4);
        }
    }

    static void copyTree(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                var target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    /** The segment files in a directory, by name, with their bytes in hex; other files may come and go meanwhile. */
    static Map<String, String> segmentsIn(Path partition) throws IOException {
        var content = new TreeMap<String, String>();
        for (Path file : new ReplicaFiles(partition, partition).segments()) {
            content.put(file.getFileName().toString(), HexFormat.of().formatHex(Files.readAllBytes(file)));
        }
        return content;
    }

    /** All files below a directory, by name, with their bytes in hex. */
    static Map<String, String> contentBelow(Path directory) throws IOException {
        var content = new TreeMap<String, String>();
        if (!Files.exists(directory)) {
            return content;
        }
        try (var files = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (!Files.isDirectory(file)) {
                    var name = directory.relativize(file).toString();
                    content.put(name, HexFormat.of().formatHex(Files.readAllBytes(file)));
                }
            }
        }
        return content;
    }
}
