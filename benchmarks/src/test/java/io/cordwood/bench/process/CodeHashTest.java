package io.cordwood.bench.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeHashTest {
    @TempDir
    private Path directory;

    @Test
    void jarThatWasBuiltAgainIsTheSame() throws IOException {
        jar("cordwood-server.jar", "Server.class", "code", 1_000_000_000_000L);
        var before = CodeHash.of(directory);

        jar("cordwood-server.jar", "Server.class", "code", 1_700_000_000_000L);

        assertThat(CodeHash.of(directory)).isEqualTo(before).hasSize(12);
    }

    @Test
    void otherCodeIsAnother() throws IOException {
        jar("cordwood-server.jar", "Server.class", "code", 0);
        var before = CodeHash.of(directory);

        jar("cordwood-server.jar", "Server.class", "cod3", 0);

        assertThat(CodeHash.of(directory)).isNotEqualTo(before);
    }

    @Test
    void otherVersionOfALibraryIsAnother() throws IOException {
        jar("grpc-1.jar", "Grpc.class", "code", 0);
        var before = CodeHash.of(directory);

        Files.move(directory.resolve("grpc-1.jar"), directory.resolve("grpc-2.jar"));

        assertThat(CodeHash.of(directory)).isNotEqualTo(before);
    }

    private void jar(String name, String entryName, String text, long timeMs) throws IOException {
        try (var jar = new ZipOutputStream(Files.newOutputStream(directory.resolve(name)))) {
            var entry = new ZipEntry(entryName);
            entry.setTime(timeMs);
            jar.putNextEntry(entry);
            jar.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
