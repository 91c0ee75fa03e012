package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.process.ProcFiles;
import java.io.IOException;
import java.util.List;

/**
 * What servers used while something was measured.
 *
 * <p>Invariant: only servers that lived through all of it are counted.
 *
 * <p><b>Thread:</b> one. Clients must have ended, and been waited for, before {@link #stop}: only then the kernel has added their
 * time to ours.
 */
final class Meter {
    private static final double GB = 1e9;

    private final ProcFiles proc;
    private final List<Long> pids;
    private final Usage start;

    private record Usage(double serverSeconds, double serverBytes, double ourSeconds, double busy, double all) {}

    private Meter(ProcFiles proc, List<Long> pids) throws IOException {
        this.proc = proc;
        this.pids = List.copyOf(pids);
        this.start = usage();
    }

    static Meter start(ProcFiles proc, List<Long> pids) throws IOException {
        return new Meter(proc, pids);
    }

    /**
     * {@code cpuSecondsPerGb}, {@code diskBytesPerByte} of all servers together, and {@code othersCpuShare} of the machine, which
     * includes the kernel's own threads.
     */
    JsonLine stop(long payloadBytes) throws IOException {
        var end = usage();
        double servers = end.serverSeconds - start.serverSeconds;
        double ours = servers + end.ourSeconds - start.ourSeconds;
        double others = end.busy - start.busy - ours;
        return JsonLine.empty()
                .with("cpuSecondsPerGb", servers / (payloadBytes / GB))
                .with("diskBytesPerByte", (end.serverBytes - start.serverBytes) / payloadBytes)
                .with("othersCpuShare", Math.max(0, others) / (end.all - start.all));
    }

    private Usage usage() throws IOException {
        double seconds = 0;
        double bytes = 0;
        for (long pid : pids) {
            seconds += proc.cpuSeconds(pid);
            bytes += proc.writtenBytes(pid);
        }
        return new Usage(seconds, bytes, proc.ownCpuSeconds(), proc.busySeconds(), proc.allSeconds());
    }
}
