package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.client.CordwoodException;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Takes down where a reader was told that the partitions of its topic end: it relies on that, so it is judged
 * like all that is told of ends.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class AskedEnds {
    private final Journal journal;
    private final String process;
    private final TopicPartitions partitions;

    AskedEnds(Journal journal, TopicPartitions partitions) {
        this.journal = journal;
        // Of its own: the reads of the same partitions are under way meanwhile.
        this.process = journal.name() + ".ends";
        this.partitions = partitions;
    }

    /**
     * @param question asks for all of them at once; some may be missing in the answer
     * @return the answer; what the question throws is thrown on
     */
    Map<Integer, Long> by(Supplier<Map<Integer, Long>> question) {
        var begun = new TreeMap<Integer, Long>();
        for (var partition : partitions.all()) {
            begun.put(partition.partition(), journal.begin(process, Operation.EndOffset.of(partition)));
        }
        try {
            var ends = question.get();
            note(begun, ends, "no answer");
            return ends;
        } catch (CordwoodException | StatusRuntimeException e) {
            note(begun, Map.of(), e.toString());
            throw e;
        }
    }

    private void note(Map<Integer, Long> begun, Map<Integer, Long> ends, String otherwise) {
        for (var partition : partitions.all()) {
            var operation = begun.getOrDefault(partition.partition(), 0L);
            var asked = Operation.EndOffset.of(partition);
            var end = ends.get(partition.partition());
            if (end == null) {
                journal.fail(process, operation, asked, otherwise);
            } else {
                journal.ok(process, operation, asked.at(end));
            }
        }
    }
}
