package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Reads what Kafka's own tools print.
 *
 * <p><b>Source:</b> {@code org.apache.kafka.tools} 4.3: ProducerPerformance, ConsumerPerformance, EndToEndLatency, TopicCommand,
 * ConsumerGroupCommand.
 */
final class KafkaOutput {
    private static final double MIB_PER_MB = 1.048576;
    private static final String NUMBER = "([0-9.]+)";

    /** The line after the last record; with a warm-up there are two, and the second counts only what came after it. */
    private static final Pattern PRODUCED = Pattern.compile(NUMBER + " (?:steady state )?records sent, " + NUMBER
            + " records/sec \\(" + NUMBER + " MB/sec\\), " + NUMBER
            + " ms avg latency, " + NUMBER + " ms max latency, " + NUMBER + " ms 50th, " + NUMBER
            + " ms 95th, " + NUMBER + " ms 99th, " + NUMBER + " ms 99.9th\\.");

    private static final Pattern END_TO_END = Pattern.compile("Avg latency: " + NUMBER + " ms\\s+Percentiles: 50th = "
            + NUMBER + ", 99th = " + NUMBER + ", 99.9th = " + NUMBER);
    private static final Pattern LEADER = Pattern.compile("Partition: 0\\s+Leader: ([0-9]+)");
    private static final int CONSUMER_COLUMNS = 10;
    private static final DateTimeFormatter CONSUMER_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss:SSS", Locale.ROOT);

    private KafkaOutput() {}

    /** Rates, {@code meanMs} to {@code p999Ms}. */
    static JsonLine produced(String output) {
        var lines = PRODUCED.matcher(output).results().toList();
        if (lines.isEmpty()) {
            throw unreadable("ProducerPerformance", output);
        }
        var last = lines.get(lines.size() - 1);
        return JsonLine.empty()
                .with("records", number(last, 1))
                .with("recordsPerSecond", number(last, 2))
                .with("megabytesPerSecond", number(last, 3) * MIB_PER_MB)
                .with("meanMs", number(last, 4))
                .with("maxMs", number(last, 5))
                .with("p50Ms", number(last, 6))
                .with("p99Ms", number(last, 8))
                .with("p999Ms", number(last, 9));
    }

    /** Rates while records came, the time to join the group left out; {@code endMs} since 1970. */
    static JsonLine consumed(String output) {
        var columns = output.lines()
                .map(line -> List.of(line.split(",\\s*")))
                .filter(found ->
                        found.size() == CONSUMER_COLUMNS && !found.get(0).startsWith("start.time"))
                .reduce((first, last) -> last)
                .orElseThrow(() -> unreadable("ConsumerPerformance", output));
        return JsonLine.empty()
                .with("records", Double.parseDouble(columns.get(4)))
                .with("endMs", epochMs(columns.get(1)))
                .with("megabytesPerSecond", Double.parseDouble(columns.get(8)) * MIB_PER_MB)
                .with("recordsPerSecond", Double.parseDouble(columns.get(9)));
    }

    static JsonLine endToEnd(String output) {
        var found = END_TO_END.matcher(output);
        if (!found.find()) {
            throw unreadable("EndToEndLatency", output);
        }
        return JsonLine.empty()
                .with("meanMs", number(found, 1))
                .with("p50Ms", number(found, 2))
                .with("p99Ms", number(found, 3));
    }

    /** Id of the node that leads partition 0. */
    static int leader(String output) {
        var found = LEADER.matcher(output);
        if (!found.find()) {
            throw unreadable("TopicCommand", output);
        }
        return Integer.parseInt(found.group(1));
    }

    /** How many partitions the members of a group have together; 0 for a group that is not there, or is still sharing them out. */
    static int assignedPartitions(String output, String group) {
        return output.lines()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words.length > 1 && words[0].equals(group))
                .map(words -> words[words.length - 1])
                .filter(count -> count.matches("[0-9]+"))
                .mapToInt(Integer::parseInt)
                .sum();
    }

    private static long epochMs(String localTime) {
        return LocalDateTime.parse(localTime, CONSUMER_TIME)
                .atZone(ZoneId.systemDefault())
                .toInstant()
                .toEpochMilli();
    }

    private static double number(MatchResult found, int group) {
        return Double.parseDouble(found.group(group));
    }

    private static IllegalArgumentException unreadable(String tool, String output) {
        return new IllegalArgumentException(tool + " printed no result that is understood: " + output);
    }
}
