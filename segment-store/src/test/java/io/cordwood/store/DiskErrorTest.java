package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DiskErrorTest {
    @Test
    void diskThatFailsIsToldFromWhatSaysNothingOfIt() {
        assertThat(DiskError.isCauseOf(new IOException("Input/output error"))).isTrue();
        assertThat(DiskError.isCauseOf(new IOException("I/O error"))).isTrue();
        assertThat(DiskError.isCauseOf(new FileSystemException("/f", null, "Input/output error")))
                .isTrue();

        for (var other : new IOException[] {
            new IOException("Stale file handle"),
            new IOException("No space left on device"),
            new IOException((String) null),
            new FileSystemException("/Input/output error", null, "Too many open files"),
            new NoSuchFileException("Input/output error"),
            new ClosedChannelException(),
            new ForceFailedException(Path.of("/f"), new IOException("Input/output error"))
        }) {
            assertThat(DiskError.isCauseOf(other)).as("%s", other).isFalse();
            assertThat(DiskError.isCauseOfChange(other)).as("%s", other).isFalse();
        }
    }

    @Test
    void fileSystemThatTakesNoChangesFailsThemOnly() {
        var readOnly = new FileSystemException("/f", null, "Read-only file system");

        assertThat(DiskError.isCauseOfChange(readOnly)).isTrue();
        assertThat(DiskError.isCauseOf(readOnly)).isFalse();
        assertThat(DiskError.isCauseOfChange(new IOException("Input/output error")))
                .isTrue();
    }
}
