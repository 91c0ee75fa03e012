package io.cordwood.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Scanner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValuesTest {
    @TempDir
    private Path directory;

    @Test
    void valuesDifferAndAreTheSameOnEachRun() {
        var values = Values.ofSize(100);

        assertThat(values.at(0)).isNotEqualTo(values.at(1));
        assertThat(values.at(64)).isEqualTo(values.at(0));
        assertThat(Values.ofSize(100).at(5)).isEqualTo(values.at(5));
    }

    /** As ProducerPerformance 4.3.1 reads a payload file. */
    @Test
    void linesOfAFileAreTheSameValuesByteForByte() throws Exception {
        for (int bytes : new int[] {100, 1000}) {
            var file = Files.writeString(
                    directory.resolve("values"), Values.ofSize(bytes).lines());

            var read = new ArrayList<byte[]>();
            try (var scanner = new Scanner(file, StandardCharsets.UTF_8).useDelimiter("\\n")) {
                scanner.forEachRemaining(text -> read.add(text.getBytes(StandardCharsets.UTF_8)));
            }

            assertThat(read).hasSize(64).allMatch(value -> value.length == bytes);
            for (int i = 0; i < read.size(); i++) {
                assertThat(read.get(i)).isEqualTo(Values.ofSize(bytes).at(i));
            }
        }
    }
}
