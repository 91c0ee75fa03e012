package io.cordwood.chaos.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a partition had in the end.
 *
 * @param logStart of the first answer
 * @param endOffset of the last answer, exclusive
 * @param records in the order in which they came
 * @param byOffset the same records, the first one of each offset
 * @param readTo where the reader would have gone on: everything below was read
 * @param gaps where one answer did not begin at the end of the one before, each as a sentence
 */
public record FinalLog(
        long logStart, long endOffset, List<Seen> records, long readTo, Map<Long, Value> byOffset, List<String> gaps) {

    static FinalLog of(List<Operation.FinalRead> parts) {
        var records = new ArrayList<Seen>();
        var byOffset = new HashMap<Long, Value>();
        var gaps = new ArrayList<String>();
        var newest = parts.get(parts.size() - 1);
        long readTo = parts.get(0).position();
        if (readTo != parts.get(0).logStart()) {
            gaps.add(
                    "it begins at " + readTo + " and the log at " + parts.get(0).logStart());
        }
        for (var part : parts) {
            if (part.position() != readTo) {
                gaps.add("an answer begins at " + part.position() + " where the one before ended at " + readTo);
            }
            records.addAll(part.records());
            part.records().forEach(seen -> byOffset.putIfAbsent(seen.offset(), seen.value()));
            Long next = part.nextPosition();
            if (next == null) {
                throw new IllegalArgumentException("an answer without its end: " + part);
            }
            readTo = next;
        }
        return new FinalLog(
                parts.get(0).logStart(),
                newest.endOffset(),
                Collections.unmodifiableList(records),
                readTo,
                Collections.unmodifiableMap(byOffset),
                List.copyOf(gaps));
    }

    /** The value at an offset; {@code null} where there is none. */
    public @Nullable Value at(long offset) {
        return byOffset.get(offset);
    }

    /** Whether everything from the log start to the end was read. */
    public boolean isComplete() {
        return gaps.isEmpty() && readTo >= endOffset;
    }
}
