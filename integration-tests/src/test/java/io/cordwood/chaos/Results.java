package io.cordwood.chaos;

import io.cordwood.chaos.faults.Equipment;
import io.cordwood.store.DirectoryTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Where a run leaves what it finds. A second run into the same directory takes the place of the first.
 *
 * <p><b>Thread:</b> any.
 *
 * @param work what the nodes write, of this run alone
 */
record Results(Path directory, Path work) {
    private static final String LOGS = "logs";

    /** What an earlier run found is deleted: this one may end before it has a verdict of its own. */
    static Results in(Path directory) throws IOException {
        Files.createDirectories(directory);
        for (var old : List.of("summary.txt", "timeline.svg", "history.jsonl", "schedule.txt")) {
            Files.deleteIfExists(directory.resolve(old));
        }
        if (Files.exists(directory.resolve(LOGS))) {
            DirectoryTree.delete(directory.resolve(LOGS));
        }
        return new Results(directory, Files.createTempDirectory(directory, "work."));
    }

    Path history() {
        return directory.resolve("history.jsonl");
    }

    Path timeline() {
        return directory.resolve("timeline.svg");
    }

    Path serverLog(int node) {
        return work.resolve("n" + node).resolve("server.log");
    }

    /** Takes what members of groups write. */
    Path members() {
        return work.resolve("members");
    }

    void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    /** Copies what the servers have printed; what cannot be copied is told. */
    void keepLogs(List<Integer> nodes) {
        for (int node : nodes) {
            try {
                var logs = Files.createDirectories(directory.resolve(LOGS));
                if (Files.exists(serverLog(node))) {
                    Files.copy(
                            serverLog(node),
                            logs.resolve("node-" + node + ".log"),
                            StandardCopyOption.REPLACE_EXISTING);
                }
            } catch (IOException e) {
                say("the log of node " + node + " is not kept: " + e);
            }
        }
    }

    /** The same of members of groups. */
    void keepMemberLogs() {
        try (var written = Files.list(members())) {
            var logs = Files.createDirectories(directory.resolve(LOGS));
            for (var log :
                    written.filter(file -> file.toString().endsWith(".log")).toList()) {
                Files.copy(log, logs.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            say("the logs of the groups' members are not kept: " + e);
        }
    }

    /** Of a run that found nothing; what the nodes have is kept otherwise. */
    void deleteWork() {
        try {
            DirectoryTree.delete(work);
        } catch (UncheckedIOException e) {
            say("left behind: " + work + ", " + e.getMessage());
        }
    }

    /** Where it is, unless it was deleted. */
    void tellWork() {
        if (Files.exists(work)) {
            System.out.println("what the nodes have is kept in " + work);
        }
    }

    /** Tells what the machine has no means for. */
    static void sayLacks(Equipment equipment) {
        equipment.lacks().forEach(lack -> say("left out: " + lack));
    }

    /** Tells on standard error how far it is. */
    static void say(String text) {
        System.err.println(DateTimeFormatter.ISO_LOCAL_TIME.format(
                        LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS))
                + " " + text);
    }
}
