package io.cordwood.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A sound file that is to take the place of a damaged one of the same name: durable, under a name that
 * means nothing. The damaged one has a second name elsewhere, so that nothing is lost of it.
 *
 * <p>Invariant: a crash leaves the damaged file or the sound one under the name that counts, never none.
 *
 * <p><b>Thread:</b> {@link #takePlace} and {@link #discard} by whoever may change the files, the rest any.
 */
public final class SegmentRepair {
    private final Segment damaged;
    private final SealedSegment sound;
    private final Path incoming;
    private final Path kept;
    private volatile boolean inPlace;

    SegmentRepair(Segment damaged, SealedSegment sound, Path incoming, Path kept) {
        this.damaged = damaged;
        this.sound = sound;
        this.incoming = incoming;
        this.kept = kept;
    }

    /** Where the damaged file is kept. */
    public Path kept() {
        return kept;
    }

    /** Whether the sound file is part of the log; else the damaged one went meanwhile, and nothing is left of both. */
    public boolean isInPlace() {
        return inPlace;
    }

    OffsetRange offsets() {
        return sound.offsets();
    }

    /**
     * The segments with the sound file in them; the same list, and nothing done, where the damaged one is
     * no part of them any more.
     */
    List<Segment> takePlace(LogFiles files, ReadFiles readFiles, List<Segment> segments) throws IOException {
        int at = segments.indexOf(damaged);
        if (at < 0 || at == segments.size() - 1) {
            discard(files);
            return segments;
        }
        files.disk().rename(incoming, damaged.file());
        files.disk().forceDirectory(files.directory());
        var all = new ArrayList<>(segments);
        all.set(at, Segment.of(files.directory(), sound));
        damaged.retire(); // before the index loses, and then gets, what a reader inside would take for wrong
        readFiles.forget(damaged);
        files.index().drop(files.id(), sound.offsets());
        inPlace = true;
        return List.copyOf(all);
    }

    /** Leaves things as they were. */
    void discard(LogFiles files) throws IOException {
        for (var path : List.of(incoming, kept)) {
            if (files.disk().exists(path)) {
                files.disk().delete(path);
            }
        }
    }
}
