package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FramedFileTest {
    private static final int MAGIC = 0x41424344;
    private static final FramedFile FILE = new FramedFile("file", MAGIC, 1);

    @TempDir
    Path directory;

    private Disk diskWithDirectory(DiskKind kind) throws IOException {
        var disk = kind.create();
        disk.createDirectories(directory);
        return disk;
    }

    private static ByteBuffer body(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @EnumSource
    void bytesOfTheFrameDoNotChange(DiskKind kind) throws IOException {
        var disk = diskWithDirectory(kind);
        FILE.write(disk, directory, body("123456789"));

        var expected = "41424344" // magic
                + "00000001" // version
                + "00000009" // size of the body
                + "0ca01b55" // CRC-32C of these
                + "313233343536373839"
                + "e3069283"; // the check value of CRC-32C
        assertThat(WholeFile.read(disk, directory.resolve("file")))
                .contains(ByteBuffer.wrap(HexFormat.of().parseHex(expected)));
    }

    @ParameterizedTest
    @EnumSource
    void emptyBodyIsAContent(DiskKind kind) throws IOException {
        var disk = diskWithDirectory(kind);
        assertThat(FILE.read(disk, directory)).isEmpty();

        FILE.write(disk, directory, body(""));

        assertThat(FILE.read(disk, directory)).contains(body(""));
    }

    @ParameterizedTest
    @EnumSource
    void writeTakesWhatRemainsInTheBodyAndLeavesItAsItWas(DiskKind kind) throws IOException {
        var disk = diskWithDirectory(kind);
        var body = body("<content>").position(1).limit(8);

        FILE.write(disk, directory, body);

        assertThat(FILE.read(disk, directory)).contains(body("content"));
        assertThat(body.remaining()).isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource
    void otherKindOfFileIsRefused(DiskKind kind) throws IOException {
        var disk = diskWithDirectory(kind);
        new FramedFile("file", MAGIC + 1, 1).write(disk, directory, body("content"));

        assertThatThrownBy(() -> FILE.read(disk, directory))
                .isInstanceOfSatisfying(
                        CorruptLogException.class, e -> assertThat(e.field()).isEqualTo("magic"));
    }

    @ParameterizedTest
    @EnumSource
    void leftOverOfACrashIsNeitherReadNorInTheWay(DiskKind kind) throws IOException {
        var disk = diskWithDirectory(kind);
        try (var file = disk.open(directory.resolve("file.tmp"), OpenMode.CREATE)) {
            file.write(body("longer than what is written behind it, and not a frame"), 0);
        }
        assertThat(FILE.read(disk, directory)).isEmpty();

        FILE.write(disk, directory, body("content"));

        assertThat(FILE.read(disk, directory)).contains(body("content"));
        assertThat(disk.list(directory)).isEqualTo(List.of(directory.resolve("file")));
    }

    @ParameterizedTest
    @EnumSource
    void deletedFileIsGoneAlsoWhereThereWasNone(DiskKind kind) throws IOException {
        var disk = diskWithDirectory(kind);
        FILE.write(disk, directory, body("content"));

        for (int i = 0; i < 2; i++) {
            WholeFile.delete(disk, directory.resolve("file"));
            assertThat(FILE.read(disk, directory)).isEmpty();
        }
    }
}
