package io.cordwood.bench.compare;

import java.util.List;

/**
 * One line of the table: a number of a row.
 *
 * @param field of the row's result
 * @param decimals that the number is printed with
 */
record TableLine(String title, Row row, String field, int decimals) {
    private static final String OTHERS = "othersCpuShare";

    /** Whether the contenders are responsible for it; what others took of the machine is their neighbours' doing. */
    boolean compared() {
        return !field.equals(OTHERS);
    }

    /** All, in the order of the table. */
    static List<TableLine> all() {
        return List.of(
                new TableLine("1 KB, MB/s", Row.THROUGHPUT_1K, "megabytesPerSecond", 1),
                new TableLine("– servers' CPU, s/GB", Row.THROUGHPUT_1K, "cpuSecondsPerGb", 1),
                new TableLine("– disk bytes per payload byte", Row.THROUGHPUT_1K, "diskBytesPerByte", 2),
                new TableLine("– CPU taken by others, share", Row.THROUGHPUT_1K, OTHERS, 2),
                new TableLine("100 B, records/s", Row.THROUGHPUT_100B, "recordsPerSecond", 0),
                new TableLine("– servers' CPU, s/GB", Row.THROUGHPUT_100B, "cpuSecondsPerGb", 1),
                new TableLine("– disk bytes per payload byte", Row.THROUGHPUT_100B, "diskBytesPerByte", 2),
                new TableLine("– CPU taken by others, share", Row.THROUGHPUT_100B, OTHERS, 2),
                new TableLine("5,000/s of 1 KB, p50 ms", Row.LATENCY_5000, "p50Ms", 1),
                new TableLine("5,000/s of 1 KB, p99 ms", Row.LATENCY_5000, "p99Ms", 1),
                new TableLine("– p99 from the intended send, ms", Row.LATENCY_5000, "intendedP99Ms", 1),
                new TableLine("– servers' CPU, s/GB", Row.LATENCY_5000, "cpuSecondsPerGb", 1),
                new TableLine("– CPU taken by others, share", Row.LATENCY_5000, OTHERS, 2),
                new TableLine("one at a time, end to end, mean ms", Row.END_TO_END, "meanMs", 2),
                new TableLine("one at a time, end to end, p99 ms", Row.END_TO_END, "p99Ms", 1),
                new TableLine("reader at the tail, MB/s", Row.CONSUME_TAIL, "megabytesPerSecond", 1),
                new TableLine("– publisher meanwhile, MB/s", Row.CONSUME_TAIL, "producedMegabytesPerSecond", 1),
                new TableLine("reader from cold files, MB/s", Row.CONSUME_COLD, "megabytesPerSecond", 1),
                new TableLine("– servers' CPU, s/GB", Row.CONSUME_COLD, "cpuSecondsPerGb", 1),
                new TableLine("failover, longest wait for an ack, ms", Row.FAILOVER, "maxMs", 0),
                new TableLine("start until all nodes are ready, s", Row.START, "seconds", 2),
                new TableLine("resident memory per node, MiB", Row.MEMORY, "residentMib", 0));
    }
}
