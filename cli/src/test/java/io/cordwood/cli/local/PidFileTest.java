package io.cordwood.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.cli.console.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PidFileTest {
    @TempDir
    Path directory;

    @Test
    void absentFileNamesNoProcess() {
        assertThat(pidFile().ourProcess()).isEmpty();
    }

    @Test
    void processThatIsNoServerIsNotOurs() throws IOException {
        pidFile().write(ProcessHandle.current());

        assertThat(pidFile().ourProcess()).isEmpty();
    }

    @Test
    void stopLeavesAProcessThatIsNotOursAlone() throws IOException {
        Files.createDirectories(directory.resolve("n1"));
        new PidFile(directory.resolve("n1").resolve("server.pid"), 1).write(ProcessHandle.current());

        assertThat(RecordedNodes.in(directory).stop(Duration.ofSeconds(1))).isEmpty();
        assertThat(directory.resolve("n1").resolve("server.pid")).doesNotExist();
        assertThat(ProcessHandle.current().isAlive()).isTrue();
    }

    @Test
    void garbageIsRefusedWithTheFilesName() throws IOException {
        Files.writeString(directory.resolve("server.pid"), "not a pid\n");

        assertThatThrownBy(() -> pidFile().ourProcess())
                .isInstanceOf(CliException.class)
                .hasMessageContaining("server.pid");
    }

    private PidFile pidFile() {
        return new PidFile(directory.resolve("server.pid"), 1);
    }
}
