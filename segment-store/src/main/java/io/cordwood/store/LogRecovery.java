package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the segments of a log after a stop of any kind, and cuts what is no log.
 *
 * <p>What a checkpoint lists as sealed is compared by size only. Behind it every batch is checked: CRC, base offset,
 * leader epoch. The first bad one and all that follows is cut, also when good ones follow, because unforced bytes reach
 * the disk in any order. Below what is known to have been durable nothing is cut: there it is damage.
 *
 * <p>Invariants: a crash at any point leaves what a second recovery turns into the same log; recovering twice changes
 * nothing more. Nothing is deleted or cut before all that must be there was found.
 *
 * <p><b>Thread:</b> the log's writer, before the log is handed out.
 */
final class LogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
    private static final int WINDOW_BYTES = 1 << 20;

    /** The log as found: its segments, the last one not yet cut to its end. */
    record Found(
            List<Segment> segments,
            long logStartOffset,
            List<LeaderEpoch> epochs,
            long scannedFrom,
            List<SegmentReplacement.Replaced> replaced) {}

    private final LogFiles files;
    private final RecoveryPoint point;
    private final LogIndexer indexer;
    private final long indexedThrough;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Path> surplus = new ArrayList<>();
    /** What listed files of compaction were written from; entries of the raft log may still need it. */
    private final List<SegmentReplacement.Replaced> replaced = new ArrayList<>();
    /** Files that compaction wrote, with their base offsets; those that the checkpoint lists are taken out. */
    private final Map<Path, Long> rewritten = new TreeMap<>();

    private List<LeaderEpoch> epochs;
    private long durableEndOffset;
    private @Nullable String cutReason;

    LogRecovery(LogFiles files, RecoveryPoint point, LogIndexer indexer) {
        this.files = files;
        this.point = point;
        this.indexer = indexer;
        this.indexedThrough = files.index().indexedThrough(files.id());
        this.epochs = point.checkpoint().map(Checkpoint::leaderEpochs).orElse(List.of());
    }

    Found recover() throws IOException {
        files.disk().createDirectories(files.directory());
        var byBase = segmentFiles();
        long logStart = LogStartFile.read(files.disk(), files.directory());
        // Only what was applied is trimmed, and only what was forced is applied.
        durableEndOffset = point.isGivenUp() ? 0 : Math.max(point.durableEndOffset(), logStart);
        boolean wasTrimmed = logStart > 0 && !point.isGivenUp();
        var checkpoint = point.checkpoint();
        if (checkpoint.isPresent()) {
            requireSamePartition(checkpoint.get());
            logStart = Math.max(logStart, checkpoint.get().logStartOffset());
            takeSealed(checkpoint.get().segments(), byBase, logStart);
        }
        passOverUnlisted(byBase, logStart);
        long scannedFrom = scan(checkpoint, byBase, logStart);
        if (segments.isEmpty() && wasTrimmed) {
            throw missing(logStart);
        }
        requireDurableEnd(logStart);
        if (endOffset() < logStart) {
            scannedFrom = passOverAll(logStart);
        }
        removeSurplus();
        if (segments.isEmpty()) {
            createFirst(scannedFrom);
        }
        settleIndex();
        return new Found(
                List.copyOf(segments), Math.max(logStart, segments.get(0).baseOffset()), epochs, scannedFrom, replaced);
    }

    private NavigableMap<Long, Path> segmentFiles() throws IOException {
        var byBase = new TreeMap<Long, Path>();
        for (var path : files.disk().list(files.directory())) {
            var name = Segment.parseFileName(path);
            if (name.isPresent() && name.get().generation() == 0) {
                byBase.put(name.get().baseOffset(), path);
            } else if (name.isPresent()) {
                rewritten.put(path, name.get().baseOffset());
            } else if (Segment.isTemporary(path)) {
                surplus.add(path);
            }
        }
        return byBase;
    }

    private void requireSamePartition(Checkpoint checkpoint) throws CorruptLogException {
        if (!checkpoint.partition().equals(files.id())) {
            throw new CorruptLogException(
                    files.resolve(CheckpointFile.NAME), 0, "partition", files.id(), checkpoint.partition());
        }
    }

    /** Takes the files that the checkpoint lists as sealed out of the map. */
    private void takeSealed(SegmentTable table, NavigableMap<Long, Path> byBase, long logStart) throws IOException {
        for (var listed : table.sealed()) {
            var segment = Segment.of(files.directory(), listed);
            if (takeFile(segment, byBase)) {
                requireSize(segment.file(), listed.sizeBytes(), listed.sizeBytes());
                segments.add(segment);
            } else if (listed.endOffset() > logStart || !segments.isEmpty()) {
                throw missing(listed.baseOffset());
            }
        }
        var older = byBase.headMap(table.active().baseOffset(), false);
        long firstListed = segments.isEmpty()
                ? table.active().baseOffset()
                : segments.get(0).baseOffset();
        var hidden = new ArrayList<Segment>();
        for (var entry : older.entrySet()) {
            if (entry.getKey() >= firstListed) {
                throw new CorruptLogException(
                        entry.getValue(), 0, "base offset", "one in the checkpoint", entry.getKey());
            }
            var next = older.higherKey(entry.getKey());
            hidden.add(asFound(entry.getKey(), entry.getValue(), next == null ? firstListed : next));
        }
        segments.addAll(0, hidden);
        older.clear();
    }

    /** Whether a listed file is there. It is taken out of the maps, with those that it was written from. */
    private boolean takeFile(Segment segment, NavigableMap<Long, Path> byBase) throws IOException {
        if (segment.generation() == 0) {
            return byBase.remove(segment.baseOffset()) != null;
        }
        boolean found = rewritten.remove(segment.file()) != null;
        if (found) {
            var sources = byBase.subMap(segment.baseOffset(), true, segment.endOffset(), false);
            for (var source : sources.entrySet()) {
                var next = sources.higherKey(source.getKey());
                long end = next == null ? segment.endOffset() : next;
                var old = asFound(source.getKey(), source.getValue(), end);
                replaced.add(new SegmentReplacement.Replaced(old, segment.generation()));
            }
            sources.clear();
        }
        return found;
    }

    /**
     * What compaction wrote and the checkpoint does not list takes no effect: what it was written from is there, as it goes
     * only when a checkpoint lists the new file; or both were trimmed; or it came from elsewhere for a log that does not reach it.
     * It goes, but for what an entry behind the checkpoint names: that is wanted when the entry is applied.
     */
    private void passOverUnlisted(NavigableMap<Long, Path> byBase, long logStart) throws IOException {
        var named = point.compacted().stream()
                .map(segment -> Segment.of(files.directory(), segment).file())
                .collect(Collectors.toSet());
        for (var file : rewritten.entrySet()) {
            long base = file.getValue();
            boolean isTaken =
                    segments.stream().anyMatch(segment -> segment.baseOffset() <= base && base < segment.endOffset());
            boolean isTrimmed =
                    base < (segments.isEmpty() ? logStart : segments.get(0).baseOffset());
            boolean isMissed = base < durableEndOffset && !point.isGivenUp();
            if (isMissed && !isTaken && !isTrimmed && !byBase.containsKey(base)) {
                throw new CorruptLogException(file.getKey(), 0, "base offset", "one in the checkpoint", base);
            }
            if (!named.contains(file.getKey())) {
                surplus.add(file.getKey());
            }
        }
    }

    /** One that nobody lists, but entries of the raft log may still need: whoever reads there looks at all that he finds. */
    private Segment asFound(long baseOffset, Path path, long endOffset) throws IOException {
        try (var file = files.disk().open(path, OpenMode.READ)) {
            var end = new Segment.End(endOffset, file.sizeBytes(), RecordBatch.NO_TIMESTAMP);
            return new Segment(files.directory(), baseOffset, end);
        }
    }

    /** Checks the batches behind the checkpoint; returns the offset at which it began. */
    private long scan(Optional<Checkpoint> checkpoint, NavigableMap<Long, Path> byBase, long logStart)
            throws IOException {
        var active = checkpoint.map(known -> known.segments().active()).orElse(ActiveSegmentInfo.empty(logStart));
        long highWatermark = checkpoint.map(Checkpoint::highWatermark).orElse(logStart);
        long startOffset = highWatermark;
        long startPosition = active.sizeBytes();
        if (checkpoint.isEmpty() || !byBase.containsKey(active.baseOffset())) {
            // A trim behind the checkpoint deletes from the oldest file on: then a file at or below the start is first.
            boolean trimmed = segments.isEmpty() && !byBase.isEmpty() && byBase.firstKey() <= logStart;
            boolean nothingKnown = checkpoint.isEmpty() && point.durableEndOffset() <= logStart;
            if (!trimmed && !nothingKnown && (!active.isEmpty() || !byBase.isEmpty())) {
                throw missing(active.baseOffset());
            }
            startOffset = byBase.isEmpty() ? highWatermark : byBase.firstKey();
            startPosition = 0;
        } else {
            requireSize(files.resolve(Segment.fileName(active.baseOffset())), active.sizeBytes(), Long.MAX_VALUE);
        }
        if (indexedThrough < startOffset) {
            indexer.openGap();
        }
        var chain = new BatchChain(startOffset, LeaderEpochs.newest(epochs), active.maxTimestamp());
        scanFiles(byBase, chain, startPosition);
        return startOffset;
    }

    private void scanFiles(NavigableMap<Long, Path> byBase, BatchChain chain, long startPosition) throws IOException {
        long position = startPosition;
        for (Map.Entry<Long, Path> entry : byBase.entrySet()) {
            if (cutReason == null && position == 0 && entry.getKey() != chain.endOffset()) {
                cutReason = entry.getValue().getFileName() + " does not follow on offset " + chain.endOffset();
            }
            if (position == 0) {
                chain.startSegment();
            }
            if (cutReason != null) {
                surplus.add(entry.getValue());
            } else {
                scanFile(entry.getKey(), entry.getValue(), chain, position);
            }
            position = 0;
        }
    }

    private void scanFile(long baseOffset, Path path, BatchChain chain, long startPosition) throws IOException {
        var segment = Segment.empty(files.directory(), baseOffset);
        indexer.startSegment();
        try (var file = files.disk().open(path, OpenMode.READ)) {
            var walk = new BatchWalk(file::read, startPosition, file.sizeBytes(), chain, WINDOW_BYTES);
            while (!walk.atEnd() && cutReason == null) {
                var problem = walk.problem();
                if (problem == null) {
                    see(walk, baseOffset);
                    walk.advance();
                } else if (chain.endOffset() < durableEndOffset) {
                    throw problem.at(path, walk.position());
                } else {
                    cutReason = path.getFileName() + " at " + walk.position() + ": " + problem;
                }
            }
            segment.publishEnd(new Segment.End(chain.endOffset(), walk.position(), chain.maxTimestamp()));
        }
        indexer.flushChosen(chain.endOffset());
        segments.add(segment);
    }

    private void see(BatchWalk walk, long segmentBase) {
        epochs = LeaderEpochs.append(epochs, walk.leaderEpoch(), walk.baseOffset());
        if (walk.baseOffset() >= indexedThrough) {
            indexer.see(walk.indexEntry(segmentBase), walk.sizeBytes());
        }
    }

    private void requireDurableEnd(long logStart) throws IOException {
        var last = segments.isEmpty() ? Segment.empty(files.directory(), logStart) : segments.get(segments.size() - 1);
        if (last.endOffset() < durableEndOffset) {
            throw new CorruptLogException(
                    last.file(), last.end().sizeBytes(), "end offset", durableEndOffset, last.endOffset());
        }
    }

    /** Of a log that was given up only hidden files are left: it begins behind them. */
    private long passOverAll(long logStart) {
        segments.forEach(hidden -> surplus.add(0, hidden.file()));
        segments.clear();
        epochs = List.of();
        files.index().drop(files.id());
        return logStart;
    }

    private void removeSurplus() throws IOException {
        if (cutReason != null) {
            LOG.info("partition {}: cut the log to offset {}: {}", files.id(), endOffset(), cutReason);
        }
        // Newest first: what a crash leaves of them still does not follow on the rest.
        for (int i = surplus.size() - 1; i >= 0; i--) {
            files.disk().delete(surplus.get(i));
        }
    }

    private void createFirst(long baseOffset) throws IOException {
        var first = Segment.empty(files.directory(), baseOffset);
        files.disk().open(first.file(), OpenMode.CREATE).close();
        segments.add(first);
    }

    private void settleIndex() {
        if (cutReason != null || indexedThrough > endOffset()) {
            files.index().cut(files.id(), endOffset());
        }
    }

    private long endOffset() {
        return segments.isEmpty() ? 0 : segments.get(segments.size() - 1).endOffset();
    }

    private void requireSize(Path file, long minBytes, long maxBytes) throws IOException {
        try (var open = files.disk().open(file, OpenMode.READ)) {
            long found = open.sizeBytes();
            if (found < minBytes || found > maxBytes) {
                throw new CorruptLogException(file, found, "file size", minBytes, found);
            }
        }
    }

    private CorruptLogException missing(long baseOffset) {
        return new CorruptLogException(
                files.resolve(Segment.fileName(baseOffset)), 0, "file", "a segment", "no such file");
    }
}
