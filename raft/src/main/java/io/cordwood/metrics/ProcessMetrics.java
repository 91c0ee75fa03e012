package io.cordwood.metrics;

import static io.cordwood.metrics.MetricType.COUNTER;
import static io.cordwood.metrics.MetricType.GAUGE;
import static io.cordwood.metrics.MetricType.SUMMARY;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The metrics of the process that Micrometer's binders make and a node shows beside its own; what else they
 * make is left out. Several nodes in one process each show them.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class ProcessMetrics {
    private static final String NONE = "";
    private static final String BYTES = "bytes";
    private static final String SECONDS = "seconds";

    public static final List<MetricDescription> ALL = List.of(
            of("jvm.memory.used", GAUGE, BYTES, "Memory in use, by area and pool.", "area", "id"),
            of("jvm.memory.committed", GAUGE, BYTES, "Memory that the JVM has of the system.", "area", "id"),
            of("jvm.memory.max", GAUGE, BYTES, "Most memory of a pool; -1 where nothing bounds it.", "area", "id"),
            of("jvm.buffer.memory.used", GAUGE, BYTES, "Direct and mapped memory in use.", "id"),
            of("jvm.buffer.total.capacity", GAUGE, BYTES, "Direct and mapped memory that is taken.", "id"),
            of(
                    "jvm.gc.pause",
                    SUMMARY,
                    SECONDS,
                    "Pauses of the collector, once there was one.",
                    "action",
                    "cause",
                    "gc"),
            of("jvm.gc.memory.allocated", COUNTER, BYTES, "Heap that was allocated."),
            of("jvm.gc.live.data.size", GAUGE, BYTES, "Old objects that the newest full collection left."),
            of("jvm.threads.live", GAUGE, "threads", "Threads."),
            of("jvm.threads.peak", GAUGE, "threads", "Most threads at once so far."),
            of("process.files.open", GAUGE, "files", "Open file descriptors."),
            of("process.files.max", GAUGE, "files", "File descriptors that the process may open."),
            of("process.uptime", GAUGE, SECONDS, "Age of the process."),
            of("process.start.time", GAUGE, SECONDS, "Start of the process, since 1970."),
            of("process.cpu.usage", GAUGE, NONE, "Part of all processors that the process has lately used."),
            of("system.cpu.usage", GAUGE, NONE, "Part of all processors that everybody has lately used."),
            of("system.cpu.count", GAUGE, NONE, "Processors."));

    private static final Set<String> NAMES =
            ALL.stream().map(MetricDescription::name).collect(Collectors.toUnmodifiableSet());

    private ProcessMetrics() {}

    /** Whether a meter of this name, as Micrometer has it, is one of these. */
    public static boolean contains(String name) {
        return NAMES.contains(name);
    }

    private static MetricDescription of(String name, MetricType type, String unit, String meaning, String... labels) {
        return new MetricDescription(name, type, unit, List.of(labels), meaning);
    }
}
