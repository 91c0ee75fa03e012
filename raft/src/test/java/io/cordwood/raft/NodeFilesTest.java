package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.store.UnknownFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeFilesTest {
    private static final NodeIdentity NODE =
            new NodeIdentity("AAAAAAAAAAAAAAAAAAAA-_", 3, new UUID(1, 2).toString(), new UUID(3, 4));

    @TempDir
    Path directory;

    @Test
    void nodeFileReplacesTheFormingFile() throws IOException {
        var files = new IdentityFiles(directory);
        var forming = Forming.first(3);
        files.writeForming(forming);
        assertThat(files.readForming()).contains(forming);
        files.writeForming(forming.joining(new UUID(3, 4)));
        assertThat(files.readForming()).contains(forming.joining(new UUID(3, 4)));
        files.writeForming(forming.founding(new UUID(3, 4), new UUID(5, 6)));
        assertThat(files.readForming()).contains(forming.founding(new UUID(3, 4), new UUID(5, 6)));

        files.writeNode(NODE);

        assertThat(files.readNode()).contains(NODE);
        assertThat(files.readForming()).isEmpty();
        assertThat(Files.readString(directory.resolve("node.json"))).startsWith("{\n  \"formatVersion\": \"1\",");
    }

    @Test
    void everyChangedCharacterOfTheNodeFileIsNoticed() throws IOException {
        var files = new IdentityFiles(directory);
        files.writeNode(NODE);
        var file = directory.resolve("node.json");
        var good = Files.readString(file);

        for (int i = 0; i < good.length(); i++) {
            if (Character.isLetterOrDigit(good.charAt(i))) {
                var bad = good.substring(0, i) + (good.charAt(i) == 'x' ? 'y' : 'x') + good.substring(i + 1);
                Files.writeString(file, bad, StandardCharsets.US_ASCII);
                assertThatThrownBy(files::readNode)
                        .as("character %s", i)
                        .isInstanceOfAny(IOException.class, NewerFormatException.class);
            }
        }
    }

    @Test
    void groupFileComesBackAsItWas() throws IOException {
        var files = new GroupFiles(directory);
        var placement = new GroupPlacement(
                new UUID(5, 6), "orders", 2, 9, List.of(3, 1, 2), new TreeMap<>(Map.of("segment.bytes", "4096")));
        var group = new PartitionGroup(
                new UUID(7, 8), placement, new TreeMap<>(Map.of(1, "a:1", 2, "b:2", 3, "c:3")), false);

        files.write(group);
        files.write(group.markedCreated());

        assertThat(files.readAll()).containsExactly(Map.entry(new UUID(7, 8), group.markedCreated()));
        assertThat(directory.resolve("partitions/" + new UUID(5, 6) + "-2/group"))
                .exists();
    }

    @Test
    void everyFlippedBitOfAVersionedFileIsNoticed() throws IOException {
        var file = directory.resolve("file");
        VersionedFile.write(file, 1, "payload".getBytes(StandardCharsets.US_ASCII));
        var good = Files.readAllBytes(file);

        for (int bit = 0; bit < good.length * 8; bit++) {
            var bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, bad);
            assertThatThrownBy(() -> VersionedFile.read(file, 1)).isInstanceOf(IOException.class);
        }
        for (int length = 0; length < good.length; length++) {
            Files.write(file, Arrays.copyOf(good, length));
            assertThatThrownBy(() -> VersionedFile.read(file, 1)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void newerVersionIsNotTakenForDamage() throws IOException {
        var file = directory.resolve("file");
        VersionedFile.write(file, 2, new byte[5]);

        assertThatThrownBy(() -> VersionedFile.read(file, 1)).isInstanceOf(UnknownFormatException.class);
    }

    @Test
    void directoryIsHeldOnce() throws IOException {
        try (var first = DirectoryLock.acquire(directory)) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> DirectoryLock.acquire(directory)).hasMessageContaining("in use");
        }
        DirectoryLock.acquire(directory).close();
    }
}
