package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RocksLibraryTest {
    private static final Path MAPPED_FILES = Path.of("/proc/self/maps");

    /** A process that is killed now leaves no file behind. */
    @Test
    void fileOfTheLibraryIsDeletedOnceItIsMapped() throws IOException {
        assumeThat(System.getenv("ROCKSDB_SHAREDLIB_DIR")).isNull();
        assumeThat(MAPPED_FILES).exists();

        RocksLibrary.load();

        assertThat(mappedLibrary())
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).endsWith("(deleted)"));
    }

    private static List<String> mappedLibrary() throws IOException {
        try (var lines = Files.lines(MAPPED_FILES)) {
            return lines.filter(line -> line.contains("librocksdbjni")).toList();
        }
    }
}
