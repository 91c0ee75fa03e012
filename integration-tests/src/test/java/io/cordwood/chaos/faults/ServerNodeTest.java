package io.cordwood.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.it.ProcessThreads;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that only waits stands for a server. */
class ServerNodeTest {
    @TempDir
    private Path directory;

    private ServerNode node(String... words) {
        return new ServerNode(1, directory, List.of(words), Map.of());
    }

    @Test
    void whatIsPausedStandsStillUntilItIsResumed() {
        var node = node("sleep", "60");
        node.start();
        try {
            assertThat(node.pause()).isTrue();
            assertThat(ProcessThreads.areStopped(node.pid())).isTrue();
            node.resume();
            assertThat(ProcessThreads.areStopped(node.pid())).isFalse();
        } finally {
            node.kill();
        }
        assertThat(node.awaitEnd()).isTrue();
    }

    @Test
    void whatHasEndedCannotBePaused() {
        var node = node("true");
        assertThat(node.pause()).isFalse();
        node.start();
        node.awaitEnd();

        assertThat(node.pause()).isFalse();
        node.resume();
    }

    @Test
    void oneStartMayHaveAnotherValueForAFlag() {
        assertThat(ServerNode.withFlag(List.of("java", "--a.b=1", "--a.bc=2"), "a.b", "3"))
                .containsExactly("java", "--a.bc=2", "--a.b=3");
        assertThat(ServerNode.withFlag(List.of("java"), "a.b", "3")).containsExactly("java", "--a.b=3");
    }
}
