package io.cordwood.store;

import java.util.List;

/**
 * What a pass of compaction came to where it was repeated. Nothing of it is part of the log yet.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param scanned the offsets whose keys were read: behind the pass no two records below its end have the same key
 * @param keys how many different keys they have
 * @param segments the files that differ from what they replace
 */
public record CompactionResult(OffsetRange scanned, int keys, List<RewrittenSegment> segments) {
    public CompactionResult {
        segments = List.copyOf(segments);
    }
}
