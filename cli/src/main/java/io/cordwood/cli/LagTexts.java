package io.cordwood.cli;

import io.cordwood.cli.console.TextTable;
import io.cordwood.client.PartitionLag;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** How far a group is behind, as cells of tables and as JSON with the names of the API. */
final class LagTexts {
    private static final String UNKNOWN = "-";

    private LagTexts() {}

    /**
     * What was seen at a time.
     *
     * @param owners by partition, who has it
     */
    record Sample(String group, Instant time, List<PartitionLag> partitions, Map<TopicPartition, String> owners) {
        Sample {
            partitions = List.copyOf(partitions);
            owners = Map.copyOf(owners);
        }

        /** Of all partitions; empty where one of them does not know. */
        OptionalLong records() {
            return partitions.stream().allMatch(PartitionLag::knowsOffsets)
                    ? OptionalLong.of(
                            partitions.stream().mapToLong(PartitionLag::records).sum())
                    : OptionalLong.empty();
        }

        /** As {@link #records}. */
        OptionalLong bytes() {
            return unmeasured() == 0
                    ? OptionalLong.of(
                            partitions.stream().mapToLong(PartitionLag::bytes).sum())
                    : OptionalLong.empty();
        }

        /** Partitions that could not be measured, or not wholly. */
        long unmeasured() {
            return partitions.stream().filter(lag -> lag.error().isPresent()).count();
        }

        private String owner(PartitionLag lag) {
            return owners.getOrDefault(lag.partition(), "");
        }
    }

    static TextTable table(Sample sample) {
        var table = TextTable.of(
                "TOPIC",
                "PARTITION",
                "OWNER",
                "OFFSET",
                "HIGH WATERMARK",
                "RECORDS",
                "BYTES",
                "AGE",
                "COMMITTED/S",
                "APPENDED/S",
                "CAUGHT UP IN",
                "TRIMMED IN");
        sample.partitions().forEach(lag -> row(table, lag, GroupTexts.orUnknown(sample.owner(lag))));
        if (sample.partitions().size() > 1) {
            sums(table, sample);
        }
        return table;
    }

    private static void row(TextTable table, PartitionLag lag, String owner) {
        boolean known = lag.knowsOffsets();
        table.row(
                lag.partition().topic(),
                lag.partition().partition(),
                owner,
                GroupTexts.text(lag.offset()),
                known ? lag.highWatermark() : UNKNOWN,
                known ? lag.records() : UNKNOWN,
                lag.error().isEmpty() ? lag.bytes() : UNKNOWN,
                text(lag.age()),
                text(lag.committedPerSecond()),
                text(lag.appendedPerSecond()),
                text(lag.untilCaughtUp()),
                text(lag.untilTrimmed()));
    }

    /**
     * Records, bytes and rates together; the oldest record, the last to catch up, the first to be trimmed.
     * Where a partition does not know a figure there is none of all: it could be any.
     */
    private static void sums(TextTable table, Sample sample) {
        var all = sample.partitions();
        boolean measured = sample.unmeasured() == 0;
        var behind = all.stream().filter(lag -> lag.records() > 0).toList();
        boolean allWill =
                measured && behind.stream().allMatch(lag -> lag.untilCaughtUp().isPresent());
        table.row(
                "total",
                UNKNOWN,
                UNKNOWN,
                UNKNOWN,
                UNKNOWN,
                GroupTexts.text(sample.records()),
                GroupTexts.text(sample.bytes()),
                text(durations(measured, all, PartitionLag::age).max(Duration::compareTo)),
                text(sum(all, PartitionLag::committedPerSecond)),
                text(sum(all, PartitionLag::appendedPerSecond)),
                text(durations(allWill, behind, PartitionLag::untilCaughtUp).max(Duration::compareTo)),
                text(durations(measured, all, PartitionLag::untilTrimmed).min(Duration::compareTo)));
    }

    private static Stream<Duration> durations(
            boolean known, Collection<PartitionLag> all, Function<PartitionLag, Optional<Duration>> which) {
        return known ? all.stream().flatMap(lag -> which.apply(lag).stream()) : Stream.empty();
    }

    private static OptionalDouble sum(Collection<PartitionLag> all, Function<PartitionLag, OptionalDouble> which) {
        var busy = all.stream().filter(lag -> !isIdle(lag)).toList();
        return busy.stream().allMatch(lag -> which.apply(lag).isPresent())
                ? OptionalDouble.of(busy.stream()
                        .flatMapToDouble(lag -> which.apply(lag).stream())
                        .sum())
                : OptionalDouble.empty();
    }

    /** It adds nothing to any rate, even where nobody has seen enough commits to say so. */
    private static boolean isIdle(PartitionLag lag) {
        return lag.error().isEmpty()
                && lag.records() == 0
                && lag.appendedPerSecond().orElse(1) == 0;
    }

    /** What the table has no room for. */
    static List<String> notices(Sample sample) {
        return sample.partitions().stream().flatMap(LagTexts::notices).toList();
    }

    private static Stream<String> notices(PartitionLag lag) {
        var error = lag
                .error()
                .map(reason ->
                        lag.partition() + " could not be measured: " + reason.getMessage() + " [" + reason.code() + "]")
                .stream();
        var trimmed = lag.trimmedRecords() == 0
                ? Stream.<String>empty()
                : Stream.of(lag.partition() + ": " + lag.trimmedRecords()
                        + " offsets were trimmed before the group had processed them");
        return Stream.concat(error, trimmed);
    }

    static Map<String, Object> json(Sample sample) {
        var values = new LinkedHashMap<String, Object>();
        values.put("group", sample.group());
        values.put("time", sample.time().toString());
        sample.records().ifPresent(records -> values.put("records", records));
        sample.bytes().ifPresent(bytes -> values.put("bytes", bytes));
        values.put("unmeasured", sample.unmeasured());
        values.put(
                "partitions",
                sample.partitions().stream()
                        .map(lag -> json(lag, sample.owner(lag)))
                        .toList());
        return values;
    }

    private static Map<String, Object> json(PartitionLag lag, String owner) {
        var values = new LinkedHashMap<String, Object>();
        values.put("topic", lag.partition().topic());
        values.put("partition", lag.partition().partition());
        values.put("owner", owner);
        lag.offset().ifPresent(offset -> values.put("offset", offset));
        lag.error().ifPresent(reason -> values.put("error", reason.code().name()));
        if (lag.knowsOffsets()) {
            values.put("logStartOffset", lag.logStartOffset());
            values.put("highWatermark", lag.highWatermark());
            values.put("records", lag.records());
            values.put("trimmedRecords", lag.trimmedRecords());
        }
        if (lag.error().isEmpty()) {
            values.put("bytes", lag.bytes());
        }
        lag.age().ifPresent(age -> values.put("ageMs", age.toMillis()));
        lag.untilTrimmed().ifPresent(time -> values.put("untilTrimmedMs", time.toMillis()));
        lag.committedPerSecond().ifPresent(rate -> values.put("committedPerSecond", rate));
        lag.appendedPerSecond().ifPresent(rate -> values.put("appendedPerSecond", rate));
        lag.untilCaughtUp().ifPresent(time -> values.put("untilCaughtUpMs", time.toMillis()));
        return values;
    }

    private static String text(Optional<Duration> time) {
        return time.map(DurationText::of).orElse(UNKNOWN);
    }

    private static String text(OptionalDouble rate) {
        return rate.isPresent() ? String.format(Locale.ROOT, "%.1f", rate.getAsDouble()) : UNKNOWN;
    }
}
