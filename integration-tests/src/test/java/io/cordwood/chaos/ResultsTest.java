package io.cordwood.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    @TempDir
    private Path directory;

    @Test
    void nothingOfAnEarlierVerdictIsLeft() throws IOException {
        var first = Results.in(directory);
        for (var name : List.of("summary.txt", "timeline.svg", "history.jsonl", "schedule.txt")) {
            first.write(name, "no violation");
        }
        Files.createDirectories(first.serverLog(1).getParent());
        Files.writeString(first.serverLog(1), "ready");
        first.keepLogs(List.of(1, 2));
        assertThat(directory.resolve("logs/node-1.log")).hasContent("ready");

        var second = Results.in(directory);

        // What the nodes of a bad run have is looked at later.
        assertThat(directory).isDirectoryContaining(first.work()::equals);
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactlyInAnyOrder(first.work(), second.work());
        }
    }
}
