package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

class DirectReadFileTest {
    @TempDir
    Path temporary;

    private Path written(String name, int size) throws IOException {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Files.write(temporary.resolve(name), bytes);
    }

    private static DirectReadFile openedWhereKnown(Path file) throws IOException {
        try {
            return DirectReadFile.open(file);
        } catch (IOException | UnsupportedOperationException e) {
            throw new TestAbortedException("the file system does not read past the page cache", e);
        }
    }

    private static byte[] read(DiskFile file, long position, int size) throws IOException {
        var bytes = ByteBuffer.allocate(size);
        assertThat(file.read(bytes, position)).isEqualTo(bytes.position());
        return TestLog.bytes(bytes.flip());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, 4096, 4097, 70_000, (1 << 20) - 1, 1 << 20, (2 << 20) + 5})
    void readsWhatAnyReadGives(int size) throws Exception {
        var path = written("f", size);
        var random = new Random(size);
        try (var direct = openedWhereKnown(path);
                var plain = new NioDisk().open(path, OpenMode.READ)) {
            assertThat(direct.sizeBytes()).isEqualTo(size);
            for (int i = 0; i < 50; i++) {
                long position = random.nextInt(size + 10);
                int bytes = 1 + random.nextInt(i % 10 == 0 ? 3 << 20 : 5_000);
                assertThat(read(direct, position, bytes)).isEqualTo(read(plain, position, bytes));
            }
        }
    }

    @Test
    void twoFilesOfOneThreadDoNotMixUpTheirBytes() throws Exception {
        var one = written("one", 10_000);
        var other = written("other", 20_000);
        try (var first = openedWhereKnown(one);
                var second = openedWhereKnown(other)) {
            for (int i = 0; i < 5; i++) {
                assertThat(read(first, 100, 50)).isEqualTo(read(new NioDisk().open(one, OpenMode.READ), 100, 50));
                assertThat(read(second, 100, 50)).isEqualTo(read(new NioDisk().open(other, OpenMode.READ), 100, 50));
            }
        }
    }

    @Test
    void whatIsWrittenMeanwhileIsRead() throws Exception {
        var path = written("f", 5_000);
        try (var file = openedWhereKnown(path)) {
            assertThat(read(file, 4_990, 100)).hasSize(10);
            Files.write(path, new byte[9_000]);

            assertThat(read(file, 8_999, 100)).containsExactly(0);
        }
    }

    /** Only the one is read through memory, where also a file that the disk lost may look sound. */
    @Test
    void fileSystemThatDoesNotKnowHowIsToldFromADiskThatFails() {
        assertThat(NioDisk.saysUnknown(new UnsupportedOperationException())).isTrue();
        assertThat(NioDisk.saysUnknown(new FileSystemException("/f", null, "Invalid argument")))
                .isTrue();
        assertThat(NioDisk.saysUnknown(new IOException("Input/output error"))).isFalse();
        assertThat(NioDisk.saysUnknown(new NoSuchFileException("/f"))).isFalse();
    }

    @Test
    void scanOpensWhatIsThereAndWritesNothing() throws Exception {
        for (var disk : new Disk[] {new NioDisk(true), new NioDisk(false)}) {
            var path = written("f" + disk.hashCode(), 100);
            try (var file = disk.openForScan(path)) {
                assertThat(read(file, 0, 200)).isEqualTo(Files.readAllBytes(path));
                assertThat(file.path()).isEqualTo(path);
                assertThatThrownBy(() -> file.write(ByteBuffer.allocate(1), 0))
                        .isInstanceOf(NonWritableChannelException.class);
            }
            assertThatThrownBy(() -> disk.openForScan(temporary.resolve("none")))
                    .isInstanceOf(NoSuchFileException.class);
        }
    }
}
