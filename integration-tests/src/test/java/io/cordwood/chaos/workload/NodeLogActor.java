package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Notes what the cluster does by itself, as the nodes' logs tell: replicas fetch segments because the raft
 * logs go no longer back to where they are, and nodes take the replicas of dead ones.
 *
 * <p><b>Thread:</b> that of its workload.
 */
final class NodeLogActor implements Actor {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final String CATCHES_UP = "catches up with node";
    private static final Pattern REPLACES =
            Pattern.compile("node (\\d+) takes the replica of node (\\d+), which is dead");
    private static final int CONTEXT = 60;
    private static final int BYTES_MAX = 1 << 20;

    private final Journal journal;
    private final Map<Integer, Path> logs;
    private final Map<Integer, Long> positions = new HashMap<>();

    /** @param logs of the nodes, which grow at their ends only */
    NodeLogActor(Journal journal, Map<Integer, Path> logs) {
        this.journal = journal;
        this.logs = logs;
    }

    @Override
    public Optional<Duration> step(boolean stopping) {
        for (var log : logs.entrySet()) {
            newLines(log.getKey(), log.getValue())
                    .lines()
                    .flatMap(line -> told(log.getKey(), line).stream())
                    .forEach(fault -> journal.note(journal.name(), fault));
        }
        return stopping ? Optional.empty() : Optional.of(PAUSE);
    }

    /** What a line says that this node printed; nothing where it is about something else. */
    static Optional<Operation.Fault> told(int node, String line) {
        int catchesUp = line.indexOf(CATCHES_UP);
        if (catchesUp >= 0) {
            return Optional.of(new Operation.Fault(HarmKind.CATCH_UP, List.of(node), from(line, catchesUp)));
        }
        var replaces = REPLACES.matcher(line);
        if (replaces.find()) {
            var nodes = List.of(Integer.valueOf(replaces.group(1)), Integer.valueOf(replaces.group(2)));
            return Optional.of(new Operation.Fault(HarmKind.SELF_REPLACE, nodes, from(line, replaces.start())));
        }
        return Optional.empty();
    }

    private static String from(String line, int position) {
        return line.substring(Math.max(0, position - CONTEXT));
    }

    /** Whole lines that were not read yet. */
    private String newLines(int node, Path log) {
        if (!Files.exists(log)) {
            return "";
        }
        try (var file = FileChannel.open(log)) {
            long from = positions.getOrDefault(node, 0L);
            var bytes = ByteBuffer.allocate((int) Math.min(BYTES_MAX, Math.max(0, file.size() - from)));
            int read = Math.max(0, file.read(bytes, from));
            var text = new String(bytes.array(), 0, read, StandardCharsets.ISO_8859_1);
            var lines = text.substring(0, text.lastIndexOf('\n') + 1);
            // A line longer than what is read at once is passed over.
            positions.put(node, from + (lines.isEmpty() && read == BYTES_MAX ? read : lines.length()));
            return lines;
        } catch (IOException e) {
            // Looked at again the next time.
            return "";
        }
    }

    @Override
    public void close() {
        // It keeps no file open.
    }
}
