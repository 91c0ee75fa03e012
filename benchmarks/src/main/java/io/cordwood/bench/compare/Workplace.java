package io.cordwood.bench.compare;

import io.cordwood.bench.Values;
import io.cordwood.bench.process.Clients;
import io.cordwood.bench.process.DirectoryTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Where a run keeps its own copy of Cordwood, the servers' data and their logs.
 *
 * <p>Invariant: {@code directory} belongs to this run alone and is gone after {@link #delete}.
 *
 * @param out where the results are kept
 * @param kafka holds {@code server} and {@code tools}, each a directory of jars
 */
record Workplace(Path directory, Path out, Path kafka, Path kafkaLogging, Clients clients) {
    /** The distribution's jars and the load's. */
    Path cordwood() {
        return directory.resolve("cordwood");
    }

    /** A file with one value of this size per line, the same ones that Cordwood's load publishes. */
    Path values(int bytes) throws IOException {
        var file = directory.resolve("values-" + bytes + ".txt");
        if (!Files.exists(file)) {
            Files.writeString(file, Values.ofSize(bytes).lines());
        }
        return file;
    }

    /** Data directories of the contender that runs. */
    Path data() {
        return directory.resolve("data");
    }

    Path serverLog(int node) {
        return directory.resolve("logs").resolve("server-" + node + ".log");
    }

    Path kafkaServer() {
        return kafka.resolve("server");
    }

    Path kafkaTools() {
        return kafka.resolve("tools");
    }

    Service prepare(Contender contender) throws IOException {
        Files.createDirectories(data());
        return switch (contender) {
            case KAFKA -> KafkaService.prepare(this, false);
            case KAFKA_FORCED -> KafkaService.prepare(this, true);
            case CORDWOOD -> CordwoodService.prepare(this);
        };
    }

    /** Puts the logs of servers that failed where they survive this run. */
    void keepServerLogs(int round, Contender contender) throws IOException {
        var logs = directory.resolve("logs");
        if (!Files.exists(logs)) {
            return;
        }
        var kept = Files.createDirectories(out.resolve("failed"));
        try (var paths = Files.list(logs)) {
            for (var path : paths.toList()) {
                var name = "round-" + round + "-" + contender.word() + "-" + path.getFileName();
                Files.copy(path, kept.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    void deleteData() throws IOException {
        DirectoryTree.delete(data());
    }

    /** All of it. */
    void delete() throws IOException {
        DirectoryTree.delete(directory);
    }
}
