package io.cordwood.chaos.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.chaos.check.Checker;
import io.cordwood.chaos.check.ResourceLimits;
import io.cordwood.chaos.check.Verdict;
import io.cordwood.server.config.ServerConfig;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each bug is where it belongs, does what it is for, and cannot be missing without anybody noticing. */
class PlantedAgentTest {
    private static final int PATIENCE_SECONDS = 60;

    private static final Map<PlantedBug, String> SOUND = Map.of(
            PlantedBug.ACK_BEFORE_FORCE, "00000000000000000000.log is forced, checkpoint is forced",
            PlantedBug.READ_PAST_HIGH_WATERMARK, "readers are told of 1 and get 0 to 1",
            PlantedBug.PRODUCERS_MISSING_FROM_CHECKPOINT, "Duplicate[baseOffset=0, endOffset=1]",
            PlantedBug.TAIL_KEPT_OVER_TERM_CHANGE, "[new a, new b, new c], then [new a, longer]",
            PlantedBug.CATCH_UP_CUTS_AT_OWN_HIGH_WATERMARK, "asks the source",
            PlantedBug.COMMITS_OF_ANYBODY, "a commit of a stranger is refused with UNKNOWN_MEMBER",
            PlantedBug.COMMITS_OF_ANY_EPOCH, "a commit with an epoch from before is refused with FENCED_MEMBER",
            PlantedBug.COMMIT_BEFORE_PROCESSING, "0 may be committed of 1");

    private static final Map<PlantedBug, String> BROKEN = Map.of(
            PlantedBug.ACK_BEFORE_FORCE, "00000000000000000000.log is not forced, checkpoint is forced",
            PlantedBug.READ_PAST_HIGH_WATERMARK, "readers are told of 2 and get 0 to 2",
            PlantedBug.PRODUCERS_MISSING_FROM_CHECKPOINT, "Append[]",
            PlantedBug.TAIL_KEPT_OVER_TERM_CHANGE, "[old a, old b, new c], then [old a, longer]",
            PlantedBug.CATCH_UP_CUTS_AT_OWN_HIGH_WATERMARK, "finds 2 batches of its own",
            PlantedBug.COMMITS_OF_ANYBODY, "a commit of a stranger is taken",
            PlantedBug.COMMITS_OF_ANY_EPOCH, "a commit with an epoch from before is taken",
            PlantedBug.COMMIT_BEFORE_PROCESSING, "1 may be committed of 1");

    @TempDir
    Path directory;

    private record Ended(int exitCode, List<String> out, String err) {}

    @ParameterizedTest
    @EnumSource
    void processWithoutTheBugIsRight(PlantedBug bug) throws Exception {
        assertThat(Probe.of(bug, directory)).isEqualTo(SOUND.get(bug));
    }

    @ParameterizedTest
    @EnumSource
    void processWithTheBugIsWrong(PlantedBug bug) throws Exception {
        var ended = run(PlantedAgent.jvmOptions(bug, directory), classPath(), bug.optionName());

        assertThat(ended.out()).as(ended.err()).containsExactly(BROKEN.get(bug));
        assertThat(ended.err()).contains(PlantedAgent.reachedMessage(bug));
        assertThat(ended.exitCode()).isZero();
    }

    @Test
    void unknownNameEndsTheProcess() throws Exception {
        var option =
                PlantedAgent.jvmOptions(PlantedBug.ACK_BEFORE_FORCE, directory).get(0);

        var ended = run(List.of(option + "x"), classPath(), "ack-before-force");

        assertThat(ended.exitCode()).isEqualTo(PlantedAgent.EXIT_CODE);
        assertThat(ended.err())
                .contains("no bug to plant is named \"ack-before-forcex\", only ack-before-force, read-");
        assertThat(ended.out()).isEmpty();
    }

    @Test
    void methodThatIsNotThereEndsTheProcess() throws Exception {
        var bug = PlantedBug.ACK_BEFORE_FORCE;
        var changed = directory.resolve("changed");
        new ByteBuddy()
                .with(TypeValidation.DISABLED)
                .subclass(Object.class)
                .name(bug.seam().className())
                .make()
                .saveIn(changed.toFile());

        var ended = run(
                PlantedAgent.jvmOptions(bug, directory), changed + File.pathSeparator + classPath(), bug.optionName());

        assertThat(ended.exitCode()).isEqualTo(PlantedAgent.EXIT_CODE);
        assertThat(ended.err())
                .contains("ack-before-force belongs into io.cordwood.store.NioDisk$NioFile.force()V: "
                        + "the class has no such method");
        assertThat(ended.out()).isEmpty();
    }

    @Test
    void classThatIsNotThereEndsTheProcess() throws Exception {
        var bug = PlantedBug.READ_PAST_HIGH_WATERMARK;

        var ended = run(PlantedAgent.jvmOptions(bug, directory), directory.toString(), bug.optionName());

        assertThat(ended.exitCode()).isEqualTo(PlantedAgent.EXIT_CODE);
        assertThat(ended.err()).contains("io.cordwood.raft.PartitionReplica.highWatermark()J: there is no such class");
    }

    @Test
    void nameOnTheCommandLineFindsTheBug() {
        for (var bug : PlantedBug.values()) {
            assertThat(PlantedBug.named(bug.optionName())).isSameAs(bug);
        }
        assertThatThrownBy(() -> PlantedBug.named("none"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("catch-up-cuts-at-own-high-watermark");
    }

    /** A setting that a server does not know would end it before any fault. */
    @ParameterizedTest
    @EnumSource
    void serversTakeTheSettingsOfTheProfile(PlantedBug bug) throws Exception {
        var flags = new ArrayList<>(
                List.of("--node.id=1", "--data.dir=" + directory, "--cluster.initial-nodes=1@127.0.0.1:9091"));
        flags.addAll(bug.profile().settings());

        assertThat(ServerConfig.load(flags, Map.of()).node().id()).isEqualTo(1);
        assertThat(Verdict.allCheckers(ResourceLimits.OF_A_NODE).stream().map(Checker::name))
                .containsAll(bug.caughtBy());
        assertThat(bug.caughtBy()).isNotEmpty();
    }

    private static String classPath() {
        return System.getProperty("java.class.path");
    }

    /** Runs the probe of a bug in a JVM of its own. */
    private Ended run(List<String> options, String classPath, String bug) throws IOException, InterruptedException {
        var files = Files.createDirectory(directory.resolve("probe"));
        var words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED"));
        words.addAll(options);
        words.addAll(List.of("-cp", classPath, Probe.class.getName(), bug, files.toString()));
        var out = directory.resolve("out");
        var err = directory.resolve("err");
        var process = new ProcessBuilder(words)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("the probe of %s ended", bug)
                    .isTrue();
            return new Ended(process.exitValue(), Files.readAllLines(out), Files.readString(err));
        } finally {
            process.destroyForcibly();
        }
    }
}
