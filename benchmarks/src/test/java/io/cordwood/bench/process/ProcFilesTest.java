package io.cordwood.bench.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFilesTest {
    @TempDir
    private Path root;

    private ProcFiles proc;

    @BeforeEach
    void writeFiles() throws IOException {
        // utime 700, stime 300, cutime 40, cstime 60 are the fields 14 to 17 of proc(5).
        write("7/stat", "7 (a (b) c) S 1 7 7 0 -1 4194560 9 9 0 0 700 300 40 60 20 0 33 0 1 1 1\n");
        write("self/stat", "8 (java) R 1 8 8 0 -1 4194560 9 9 0 0 100 200 300 400 20 0 33 0 1 1 1\n");
        write("7/io", "rchar: 1\nwchar: 2\nread_bytes: 3\nwrite_bytes: 4096\ncancelled_write_bytes: 5\n");
        write("7/status", "Name:\tjava\nVmHWM:\t 900 kB\nVmRSS:\t 512 kB\nThreads:\t33\n");
        // user nice system idle iowait irq softirq steal guest guest_nice
        write("stat", "cpu  100 10 50 1000 200 1 2 3 90 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
        write("cpuinfo", "processor\t: 0\nmodel name\t: Some CPU: 2.80GHz\nprocessor\t: 1\nmodel name\t: Other\n");
        write("meminfo", "MemTotal:       24576 kB\nMemFree:        1024 kB\n");
        proc = new ProcFiles(root);
    }

    @Test
    void processTimeIsReadBehindAnyName() throws IOException {
        assertThat(proc.cpuSeconds(7)).isEqualTo(10.0);
    }

    @Test
    void ownTimeHoldsThatOfEndedChildren() throws IOException {
        assertThat(proc.ownCpuSeconds()).isEqualTo(10.0);
    }

    @Test
    void busyIsAllButIdleAndWaiting() throws IOException {
        assertThat(proc.busySeconds()).isEqualTo(1.66);
        assertThat(proc.allSeconds()).isEqualTo(13.66);
    }

    @Test
    void bytesAreRead() throws IOException {
        assertThat(proc.writtenBytes(7)).isEqualTo(4096);
        assertThat(proc.residentBytes(7)).isEqualTo(512 * 1024);
    }

    @Test
    void threadsAreCounted() throws IOException {
        assertThat(proc.threads(7)).isEqualTo(33);
    }

    @Test
    void machineIsNamed() throws IOException {
        assertThat(proc.processorName()).isEqualTo("Some CPU: 2.80GHz");
        assertThat(proc.memoryMib()).isEqualTo(24);
    }

    @Test
    void processThatIsGoneIsAnError() {
        assertThatThrownBy(() -> proc.cpuSeconds(9)).isInstanceOf(IOException.class);
    }

    private void write(String name, String text) throws IOException {
        var path = root.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
