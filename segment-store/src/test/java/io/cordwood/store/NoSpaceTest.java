package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.rocksdb.RocksDBException;

class NoSpaceTest {
    @Test
    void isFoundBelowWhateverWrapsIt() {
        var failure = new FileSystemException("/data/floor", null, "No space left on device");

        assertThat(NoSpace.isCauseOf(failure)).isTrue();
        assertThat(NoSpace.isCauseOf(new IllegalStateException(new UncheckedIOException(failure))))
                .isTrue();
        assertThat(NoSpace.isCauseOf(new RocksDBException(
                        "IO error: No space left on device: While open a file for lock: /data/index/LOCK")))
                .isTrue();
        assertThat(NoSpace.isCauseOf(new IOException("Disk quota exceeded"))).isTrue();
    }

    @Test
    void otherFailuresAreNone() {
        assertThat(NoSpace.isCauseOf(new IOException("Input/output error"))).isFalse();
        assertThat(NoSpace.isCauseOf(new IOException())).isFalse();
    }

    /** Linux has a file that is always full. */
    @Test
    void isWhatTheJdkSaysWhenTheDiskIsFull() throws IOException {
        var full = Path.of("/dev/full");
        assumeThat(full).exists();

        try (var file = new NioDisk().open(full, OpenMode.WRITE)) {
            var failure = catchThrowable(() -> file.write(ByteBuffer.allocate(1), 0));

            assertThat(NoSpace.isCauseOf(failure)).isTrue();
        }
    }
}
