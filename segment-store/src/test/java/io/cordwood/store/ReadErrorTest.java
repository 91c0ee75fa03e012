package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadErrorTest {
    @Test
    void badSectorIsToldFromWhatSaysNothingOfTheBytes() {
        assertThat(ReadError.isCauseOf(new IOException("Input/output error"))).isTrue();
        assertThat(ReadError.isCauseOf(new IOException("I/O error"))).isTrue();
        assertThat(ReadError.isCauseOf(new FileSystemException("/f", null, "Input/output error")))
                .isTrue();

        for (var other : new IOException[] {
            new IOException("Stale file handle"),
            new IOException((String) null),
            new FileSystemException("/Input/output error", null, "Too many open files"),
            new NoSuchFileException("Input/output error"),
            new ClosedChannelException(),
            new ForceFailedException(Path.of("/f"), new IOException("Input/output error"))
        }) {
            assertThat(ReadError.isCauseOf(other)).as("%s", other).isFalse();
        }
    }
}
