package io.cordwood.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerArchiveTest {
    private static final String LIBRARY = "cordwood.lib";

    @TempDir
    private Path distribution;

    @BeforeEach
    void nameTheLibrary() {
        System.setProperty(LIBRARY, distribution.resolve("lib").toString());
    }

    @AfterEach
    void forgetTheLibrary() {
        System.clearProperty(LIBRARY);
    }

    @Test
    void serverThatDoesNotStartIsSaidOnceAndCostsNothingMore() throws IOException {
        var lines = new ArrayList<String>();

        assertThat(ServerArchive.prepare(lines::add)).isFalse();
        assertThat(lines).hasSize(2).last().asString().startsWith("starts will be slower: node 1 ended");
        assertThat(ServerArchive.flags()).isEmpty();
        try (var files = Files.list(distribution)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .hasSize(2)
                    .allMatch(name -> name.endsWith(".failed") || name.endsWith(".lock"));
        }

        assertThat(ServerArchive.prepare(lines::add)).isFalse();
        assertThat(lines).hasSize(2);
    }

    @Test
    void withoutALibraryThereIsNone() {
        System.clearProperty(LIBRARY);

        assertThat(ServerArchive.prepare(line -> {})).isFalse();
        assertThat(ServerArchive.flags()).isEmpty();
    }
}
