package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeLogActorTest {
    private static final String CATCH_UP = "12:00:01 INFO 5f-3: catches up with node 2: its raft log begins at 7\n";
    private static final String REPLACED =
            "12:00:02 INFO records-1: node 4 takes the replica of node 5, which is dead\n";

    @Test
    void linesBecomeWhatTheClusterDidByItself(@TempDir Path directory) throws IOException {
        var log = Files.writeString(directory.resolve("server.log"), "ready\n" + CATCH_UP + REPLACED);
        var events = new ArrayList<Event>();
        var journal = new Journal("catch-ups", new Recorder(events::add, System::nanoTime));
        var actor = new NodeLogActor(journal, Map.of(3, log));

        actor.step(false);
        Files.writeString(log, REPLACED, StandardOpenOption.APPEND);
        actor.step(true);

        assertThat(journal.counts().ok()).isEqualTo(3);
        assertThat(NodeLogActor.told(3, CATCH_UP)).map(Operation.Fault::kind).contains(HarmKind.CATCH_UP);
        assertThat(NodeLogActor.told(3, CATCH_UP)).map(Operation.Fault::nodes).contains(List.of(3));
        assertThat(NodeLogActor.told(1, REPLACED)).map(Operation.Fault::kind).contains(HarmKind.SELF_REPLACE);
        assertThat(NodeLogActor.told(1, REPLACED)).map(Operation.Fault::nodes).contains(List.of(4, 5));
        assertThat(NodeLogActor.told(1, "ready")).isEmpty();
    }
}
