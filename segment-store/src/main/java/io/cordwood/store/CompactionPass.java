package io.cordwood.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A pass of compaction as the one who decides makes it: the keys that it read are still in memory, so that files can be made
 * again where a trim takes what some were made from.
 *
 * <p>Invariants: nothing of the log changes. Each file was made from all sources of its group that the log had left: so whoever
 * has the same log start can make the same files, and of two records of a key below the end of what was scanned none but the
 * newer one is left, whatever was trimmed.
 *
 * <p><b>Thread:</b> one owner.
 */
public final class CompactionPass {
    private final OffsetRange scanned;
    private final int keys;
    private final LogCompactor compactor;
    private final Rewriting rewriting;
    private List<Group> groups;

    /** Neighbours, oldest first, and the file that came of them; none where it would be the same. */
    record Group(List<SealedSegment> sources, Optional<RewrittenSegment> made) {
        /** All of its sources were trimmed. */
        static final Group NOTHING = new Group(List.of(), Optional.empty());

        boolean isEmpty() {
            return sources.isEmpty();
        }
    }

    /** Makes the file of a group, of which the log may have lost a beginning. */
    interface Rewriting {
        Group rewrite(List<SealedSegment> sources) throws IOException;
    }

    CompactionPass(OffsetRange scanned, int keys, LogCompactor compactor, Rewriting rewriting, List<Group> groups) {
        this.scanned = scanned;
        this.keys = keys;
        this.compactor = compactor;
        this.rewriting = rewriting;
        this.groups = nonEmpty(groups.stream());
    }

    private static List<Group> nonEmpty(Stream<Group> groups) {
        return groups.filter(group -> !group.isEmpty()).toList();
    }

    /** The offsets whose keys were read. */
    public OffsetRange scanned() {
        return scanned;
    }

    /** How many different keys they have. */
    public int keys() {
        return keys;
    }

    /** The files that differ from what they replace. */
    public List<RewrittenSegment> segments() {
        return groups.stream().flatMap(group -> group.made().stream()).toList();
    }

    /** Whether nothing is left of what the pass worked on. */
    public boolean isEmpty() {
        return groups.isEmpty();
    }

    /** End of the oldest segment that the files were made from: a log that starts below it has all of them. */
    public long firstSourceEnd() {
        return groups.get(0).sources().get(0).endOffset();
    }

    /** Leaves out the segments that lie below this log start as a whole: the file of a group that loses some is made again. */
    public void trimTo(long logStart) throws IOException {
        var left = new ArrayList<Group>();
        for (var group : groups) {
            var sources = group.sources().stream()
                    .filter(segment -> segment.endOffset() > logStart)
                    .toList();
            if (sources.size() == group.sources().size()) {
                left.add(group);
            } else {
                // Before it is made again, so that both take the room of one: the name of the next one is another.
                compactor.discard(
                        group.made().stream().map(RewrittenSegment::sealed).toList());
                left.add(sources.isEmpty() ? Group.NOTHING : rewriting.rewrite(sources));
            }
        }
        groups = nonEmpty(left.stream());
    }
}
