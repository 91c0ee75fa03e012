package io.cordwood.raft;

import io.cordwood.partition.EntryCodec;
import io.cordwood.partition.PartitionEntry;
import io.cordwood.partition.UnknownEntryException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.util.SizeInBytes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a partition's raft log says before Ratis opens it. What is found may be in memory only: see
 * {@link RaftLogForce}.
 *
 * @param span of the entries of any kind
 * @param entries the partition's entries, in order
 */
record RaftLogScan(Span span, List<Found> entries) {

    /** A partition's entry in the raft log. */
    record Found(long term, long index, PartitionEntry entry) {}

    private static final Logger LOG = LoggerFactory.getLogger(RaftLogScan.class);
    static final String CURRENT = "current";
    private static final String OPEN_PREFIX = "log_inprogress_";
    /** Of a file that takes no more entries: its last raft index. */
    private static final Pattern CLOSED = Pattern.compile("log_\\d+-(\\d+)");

    /** Those behind a raft index. */
    List<Found> entriesBehind(long index) {
        return entries.stream().filter(found -> found.index() > index).toList();
    }

    /**
     * Reads the log of a group.
     *
     * @param groupDirectory the group's directory below the raft storage directory
     * @param entryMaxBytes the largest entry
     * @throws DamagedFileException where the log has a hole or bytes that are no entry
     */
    static RaftLogScan read(Path groupDirectory, int entryMaxBytes) throws IOException {
        var collector = new Collector();
        readEntries(groupDirectory, entryMaxBytes, collector::take);
        return collector.result();
    }

    /** Raft index of the first entry of any kind; empty for an empty log. */
    OptionalLong firstIndex() {
        return span.first();
    }

    /** Raft index of the last one. */
    OptionalLong lastIndex() {
        return span.last();
    }

    /**
     * From where to where any group's log reaches.
     *
     * @param first raft index, empty for an empty log
     * @param last raft index, empty for an empty log
     * @param terms by the first raft index of each that the log holds
     * @param configurations by their raft indexes
     */
    record Span(
            OptionalLong first,
            OptionalLong last,
            NavigableMap<Long, Long> terms,
            SortedMap<Long, RaftConfigurationProto> configurations) {
        static final Span EMPTY =
                new Span(OptionalLong.empty(), OptionalLong.empty(), new TreeMap<>(), new TreeMap<>());

        /** -1 for an empty log. */
        long lastTerm() {
            var newest = terms.lastEntry();
            return newest == null ? -1 : newest.getValue();
        }

        /** The term of an entry, empty where the log does not hold it. */
        OptionalLong termAt(long index) {
            var begun = terms.floorEntry(index);
            return begun == null || index > last.orElse(-1) ? OptionalLong.empty() : OptionalLong.of(begun.getValue());
        }
    }

    /** From where to where any group's log reaches; the same conditions as {@link #read}. */
    static Span span(Path groupDirectory, int entryMaxBytes) throws IOException {
        var indexes = new Indexes();
        readEntries(groupDirectory, entryMaxBytes, indexes::take);
        return indexes.span();
    }

    /** The raft index of the last entry, see {@link #span}. */
    static OptionalLong lastIndex(Path groupDirectory, int entryMaxBytes) throws IOException {
        return span(groupDirectory, entryMaxBytes).last();
    }

    private static void readEntries(Path groupDirectory, int entryMaxBytes, Consumer<LogEntryProto> take)
            throws IOException {
        var current = groupDirectory.resolve(CURRENT);
        if (!Files.isDirectory(current)) {
            return;
        }
        var segments = segments(current);
        for (LogSegmentPath segment : segments) {
            long last = read(segment, entryMaxBytes, take);
            // The newest one may be shorter than its name says: a crash can come between a truncation and the new name.
            boolean isNewest = segment == segments.get(segments.size() - 1);
            var closed = CLOSED.matcher(String.valueOf(segment.getPath().getFileName()));
            if (!isNewest && closed.matches() && last != Long.parseLong(closed.group(1))) {
                throw new DamagedFileException(segment.getPath(), "it ends at raft index " + last, null);
            }
        }
    }

    /** Returns the raft index of the last entry, -1 where there is none. */
    private static long read(LogSegmentPath segment, int entryMaxBytes, Consumer<LogEntryProto> take)
            throws IOException {
        var last = new AtomicLong(-1);
        checkReadable(segment.getPath());
        try {
            LogSegment.readSegmentFile(
                    segment.getPath().toFile(),
                    segment.getStartEnd(),
                    SizeInBytes.valueOf(entryMaxBytes),
                    CorruptionPolicy.EXCEPTION,
                    null,
                    entry -> {
                        take.accept(entry);
                        last.set(entry.getIndex());
                    });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (FileSystemException e) {
            throw e; // it cannot be opened: that says nothing of its bytes
        } catch (IOException e) {
            if (!isOpen(segment)) {
                throw new DamagedFileException(segment.getPath(), String.valueOf(e.getMessage()), e);
            }
            LOG.warn("{} is read up to raft index {}: {}", segment.getPath(), last, e.getMessage());
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new DamagedFileException(segment.getPath(), "no raft log of ours: " + e.getMessage(), e);
        }
        return last.get();
    }

    /** Ratis does not tell a read that failed from bytes that are wrong. */
    private static void checkReadable(Path segment) throws IOException {
        DamagedFileException.read(segment, () -> Files.copy(segment, OutputStream.nullOutputStream()));
    }

    /** Only in the segment that was being written may the last entry be torn. */
    private static boolean isOpen(LogSegmentPath segment) {
        return String.valueOf(segment.getPath().getFileName()).startsWith(OPEN_PREFIX);
    }

    static List<LogSegmentPath> segments(Path current) throws IOException {
        try (var files = Files.list(current)) {
            return files.map(LogSegmentPath::matchLogSegment)
                    .filter(segment -> segment != null)
                    .sorted(Comparator.comparing(LogSegmentPath::getStartEnd))
                    .toList();
        }
    }

    static void force(Path path, StandardOpenOption mode) throws IOException {
        try (var channel = FileChannel.open(path, mode)) {
            channel.force(true);
        }
    }

    /** Checks that the entries follow each other without a hole, and that their terms never fall. */
    private static final class Indexes {
        private final NavigableMap<Long, Long> terms = new TreeMap<>();
        private final SortedMap<Long, RaftConfigurationProto> configurations = new TreeMap<>();
        private OptionalLong first = OptionalLong.empty();
        private OptionalLong last = OptionalLong.empty();

        void take(LogEntryProto entry) {
            if (last.isPresent() && entry.getIndex() != last.getAsLong() + 1) {
                throw new IllegalStateException(
                        "raft index " + entry.getIndex() + " follows " + last.getAsLong() + ": entries are missing");
            }
            if (first.isEmpty()) {
                first = OptionalLong.of(entry.getIndex());
            }
            last = OptionalLong.of(entry.getIndex());
            takeTerm(entry);
            if (entry.hasConfigurationEntry()) {
                configurations.put(entry.getIndex(), entry.getConfigurationEntry());
            }
        }

        private void takeTerm(LogEntryProto entry) {
            var newest = terms.lastEntry();
            long before = newest == null ? -1 : newest.getValue();
            if (entry.getTerm() < before) {
                throw new IllegalStateException(
                        "raft index " + entry.getIndex() + " of term " + entry.getTerm() + " follows term " + before);
            }
            if (entry.getTerm() > before) {
                terms.put(entry.getIndex(), entry.getTerm());
            }
        }

        Span span() {
            return new Span(first, last, terms, configurations);
        }
    }

    private static final class Collector {
        private final List<Found> found = new ArrayList<>();
        private final Indexes indexes = new Indexes();

        void take(LogEntryProto entry) {
            indexes.take(entry);
            if (entry.hasStateMachineLogEntry()) {
                found.add(new Found(entry.getTerm(), entry.getIndex(), decode(entry)));
            }
        }

        private static PartitionEntry decode(LogEntryProto entry) {
            try {
                return EntryCodec.decode(
                        entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
            } catch (UnknownEntryException e) {
                throw new UncheckedIOException(e);
            }
        }

        RaftLogScan result() {
            return new RaftLogScan(indexes.span(), List.copyOf(found));
        }
    }
}
