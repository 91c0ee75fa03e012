package io.cordwood.bench.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What Linux tells about processes and the machine.
 *
 * <p><b>Source:</b> proc(5): {@code /proc/stat}, {@code /proc/PID/stat}, {@code /proc/PID/io}, {@code /proc/PID/status}.
 *
 * <p><b>Thread:</b> any.
 */
public final class ProcFiles {
    /** USER_HZ, the same on every Linux that Java runs on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final double BYTES_PER_KIB = 1024;
    /** In {@code /proc/PID/stat}, counted behind the name in brackets: utime, stime, cutime, cstime. */
    private static final int UTIME = 11;

    private static final int STIME = 12;
    private static final int CUTIME = 13;
    private static final int CSTIME = 14;
    /** In the first line of {@code /proc/stat}: idle and iowait, which nobody uses. */
    private static final List<Integer> UNUSED = List.of(3, 4);
    /** Behind it come guest times, which are contained in the user times. */
    private static final int STEAL = 7;

    private final Path root;

    ProcFiles(Path root) {
        this.root = root;
    }

    public static ProcFiles ofThisMachine() {
        return new ProcFiles(Path.of("/proc"));
    }

    /** Of the process's own threads. */
    public double cpuSeconds(long pid) throws IOException {
        var fields = stat(Long.toString(pid));
        return (fields[UTIME] + fields[STIME]) / TICKS_PER_SECOND;
    }

    /** Of this process and of those children that have ended. */
    public double ownCpuSeconds() throws IOException {
        var fields = stat("self");
        return (fields[UTIME] + fields[STIME] + fields[CUTIME] + fields[CSTIME]) / TICKS_PER_SECOND;
    }

    /** Of everybody, time that a hypervisor gave to others included. */
    public double busySeconds() throws IOException {
        var fields = cpuLine();
        double ticks = 0;
        for (int i = 0; i <= STEAL; i++) {
            ticks += UNUSED.contains(i) ? 0 : fields[i];
        }
        return ticks / TICKS_PER_SECOND;
    }

    /** Time of all processors, used or not. */
    public double allSeconds() throws IOException {
        return Arrays.stream(cpuLine()).limit(STEAL + 1L).sum() / TICKS_PER_SECOND;
    }

    /** Bytes that the process made the kernel write to disk, counted when they were put into the page cache. */
    public double writtenBytes(long pid) throws IOException {
        return value(pid, "io", "write_bytes:");
    }

    public double residentBytes(long pid) throws IOException {
        return value(pid, "status", "VmRSS:") * BYTES_PER_KIB;
    }

    /** Of the first processor; empty where the machine does not tell. */
    public String processorName() throws IOException {
        return read(root.resolve("cpuinfo"))
                .lines()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }

    /** Of the whole machine. */
    public double memoryMib() throws IOException {
        var path = root.resolve("meminfo");
        return value(path, "MemTotal:") / BYTES_PER_KIB;
    }

    public int threads(long pid) throws IOException {
        return (int) value(pid, "status", "Threads:");
    }

    private double value(long pid, String file, String name) throws IOException {
        return value(root.resolve(Long.toString(pid)).resolve(file), name);
    }

    private static double value(Path path, String name) throws IOException {
        return read(path)
                .lines()
                .filter(line -> line.startsWith(name))
                .map(line ->
                        Double.valueOf(line.substring(name.length()).strip().split("\\s+")[0]))
                .findFirst()
                .orElseThrow(() -> new IOException("no " + name + " in " + path));
    }

    /** The numbers behind the process's name and state; the name may hold blanks and brackets. */
    private double[] stat(String process) throws IOException {
        var text = read(root.resolve(process).resolve("stat"));
        return numbers("0 " + text.substring(text.lastIndexOf(')') + ") S ".length()));
    }

    private double[] cpuLine() throws IOException {
        var first = read(root.resolve("stat")).lines().findFirst().orElse("");
        return numbers(first.substring("cpu".length()));
    }

    private static double[] numbers(String text) {
        return Arrays.stream(text.strip().split("\\s+"))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private static String read(Path path) throws IOException {
        return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
    }
}
