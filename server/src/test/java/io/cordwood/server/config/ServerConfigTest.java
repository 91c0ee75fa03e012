package io.cordwood.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cordwood.metadata.GroupLimits;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ServerConfigTest {
    private static final List<String> REQUIRED = List.of(
            "--node.id=1",
            "--data.dir=/tmp/n1",
            "--cluster.initial-nodes=1@127.0.0.1:9091,2@127.0.0.1:9191,3@127.0.0.1:9291");

    @TempDir
    Path directory;

    @Test
    void defaultsFillWhatIsNotGiven() throws ConfigException {
        var config = load();

        assertThat(config.node().raftDir()).isEqualTo(Path.of("/tmp/n1/raft"));
        assertThat(config.clients())
                .containsExactly(listener("client", new Endpoint("127.0.0.1", 9090), new Endpoint("127.0.0.1", 9090)));
        assertThat(config.nodes().advertised()).isEqualTo(new Endpoint("127.0.0.1", 9091));
        assertThat(config.http()).isEqualTo(new ServerConfig.Http(new Endpoint("127.0.0.1", 8080), 32, 16, 2 << 20));
        assertThat(config.limits().batchMaxBytes()).isEqualTo(1_048_588);
        assertThat(config.log().segmentMaxBytes()).isEqualTo(1 << 30);
        assertThat(config.log().segmentMaxAge()).isEqualTo(Duration.ofDays(7));
        assertThat(config.insecure()).isFalse();
    }

    @Test
    void flagsWinOverEnvironmentOverFileOverDefaults() throws Exception {
        var file = yaml("node:\n  rack: file\nlog:\n  writer-threads: 7\n  segment-max-age: 1h\n");
        var environment = Map.of("CORDWOOD_NODE_RACK", "environment", "CORDWOOD_LOG_WRITER_THREADS", "8", "HOME", "/");

        var config = load(environment, "--config", file, "--node.rack", "flag");

        assertThat(config.node().rack()).isEqualTo("flag");
        assertThat(config.log().writerThreads()).isEqualTo(8);
        assertThat(config.log().segmentMaxAge()).isEqualTo(Duration.ofHours(1));
        assertThat(config.log().indexIntervalBytes()).isEqualTo(64 << 10);
    }

    @Test
    void replicasOfDeadNodesAreReplacedAfterTenMinutesAnotherTimeOrNever() throws ConfigException {
        assertThat(load().raft().replaceDeadAfter()).isEqualTo(Duration.ofMinutes(10));
        assertThat(load(Map.of(), "--cluster.replace-dead-after=1h").raft().replaceDeadAfter())
                .isEqualTo(Duration.ofHours(1));
        assertThat(load(Map.of(), "--cluster.replace-dead-after=never").raft().replaceDeadAfter())
                .isNull();
    }

    @Test
    void upkeepAndCatchUpFollowTheirSettings() throws ConfigException {
        assertThat(load().upkeep())
                .isEqualTo(new ServerConfig.Upkeep(64 << 20, Duration.ofSeconds(60), 256 << 10, 512, 50 << 20, 2));

        var config = load(
                "--raft.checkpoint-bytes=1MiB",
                "--raft.checkpoint-interval=5s",
                "--raft.segment-max-bytes=4KiB",
                "--raft.preserved-entries=0",
                "--catch-up.bytes-per-second=8MiB",
                "--catch-up.max-replicas=3");

        assertThat(config.upkeep())
                .isEqualTo(new ServerConfig.Upkeep(1 << 20, Duration.ofSeconds(5), 4 << 10, 0, 8 << 20, 3));
    }

    @Test
    void floorOfTheDisksFollowsItsSettings() throws ConfigException {
        assertThat(load().disks()).isEqualTo(new ServerConfig.Disks(64 << 20, 5));

        assertThat(load("--disk.floor-bytes=10GiB", "--disk.floor-percent=0").disks())
                .isEqualTo(new ServerConfig.Disks(10L << 30, 0));
    }

    @Test
    void groupsFollowTheirSettings() throws ConfigException {
        assertThat(load().groups()).isEqualTo(ServerConfig.Groups.DEFAULT);

        var config = load(
                "--groups.max-groups=1",
                "--groups.max-members=2",
                "--groups.metadata-max-bytes=3",
                "--groups.max-group-bytes=2MiB",
                "--groups.max-total-bytes=3MiB",
                "--groups.joins-per-second=4",
                "--groups.max-waiting-joins=5",
                "--groups.max-waiting-offsets=6000",
                "--groups.session-timeout-min=7s",
                "--groups.session-timeout-max=8s",
                "--groups.offset-retention=9d");

        assertThat(config.groups())
                .isEqualTo(new ServerConfig.Groups(
                        new GroupLimits(1, 2, 3, 2 << 20, 3 << 20),
                        4,
                        5,
                        6000,
                        Duration.ofSeconds(7),
                        Duration.ofSeconds(8),
                        Duration.ofDays(9),
                        Duration.ofSeconds(4)));
    }

    @Test
    void formerCoordinatorHasAsLongAsALeaderThatIsCutOff() throws ConfigException {
        assertThat(load().groups().formerLeader()).isEqualTo(Duration.ofSeconds(4));

        assertThat(load("--raft.election-timeout-max=30s").groups().formerLeader())
                .isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void longestSessionIsLongerThanTheShortest() {
        assertThat(problems(Map.of(), "--groups.session-timeout-min=8s", "--groups.session-timeout-max=8s"))
                .singleElement()
                .asString()
                .startsWith("groups.session-timeout-max = ")
                .contains("expected more than groups.session-timeout-min (8s)");
    }

    @Test
    void everySettingIsReachableThroughTheEnvironment() {
        for (var setting : Settings.ALL) {
            var variable = "CORDWOOD_" + setting.key().replaceAll("[.-]", "_").toUpperCase(java.util.Locale.ROOT);

            var problems = problems(Map.of(variable, "no such value, and no text either: \u0000"));

            var isText = setting.key().equals("node.rack");
            assertThat(problems.stream().anyMatch(line -> line.startsWith(setting.key() + " = ")))
                    .as(variable)
                    .isEqualTo(!isText);
        }
    }

    @Test
    void configFileMayBeNamedByTheEnvironment() throws Exception {
        var file = yaml("node.rack: r7\n");

        assertThat(load(Map.of("CORDWOOD_CONFIG", file)).node().rack()).isEqualTo("r7");
    }

    @Test
    void unknownKeysAreRefusedWhereverTheyStand() throws Exception {
        var file = yaml("cordwood:\n  node:\n    id: 5\nnope: 1\n");

        var problems = problems(Map.of("CORDWOOD_NODE_IDS", "3"), "--config=" + file, "--node.idd=4");

        assertThat(problems)
                .anySatisfy(line -> assertThat(line).contains("flag --node.idd", "\"4\"", "no such setting"))
                .anySatisfy(line -> assertThat(line).contains("environment CORDWOOD_NODE_IDS", "\"3\""))
                .anySatisfy(line -> assertThat(line).contains("key nope in " + file, "\"1\""))
                .anySatisfy(line -> assertThat(line).contains("cordwood.node.id", "write node.id"));
    }

    @Test
    void variablesOfLauncherAndComposeFileAreNotSettings() throws ConfigException {
        assertThat(load(Map.of("CORDWOOD_JVM_OPTS", "-Xmx1g")).node().id()).isEqualTo(1);
        assertThat(load(Map.of("CORDWOOD_HOST", "logs.example")).node().id()).isEqualTo(1);
    }

    @Test
    void logFormatIsTextOrJson() throws ConfigException {
        assertThat(load(Map.of("CORDWOOD_LOG_FORMAT", "json")).node().id()).isEqualTo(1);
        assertThat(problems(Map.of("CORDWOOD_LOG_FORMAT", "xml")))
                .anySatisfy(line -> assertThat(line).contains("CORDWOOD_LOG_FORMAT", "\"xml\"", "text or json"));
    }

    @Test
    void seriesOfMetricsAreBoundedBySettings() throws ConfigException {
        var config = load(
                Map.of(), "--metrics.max-topics=7", "--metrics.max-partitions=0", "--metrics.max-group-partitions=9");

        assertThat(config.metrics()).isEqualTo(new ServerConfig.Metrics(7, 0, 9));
    }

    @Test
    void nothingIsTracedUnlessACollectorIsNamed() throws ConfigException {
        assertThat(load(Map.of()).tracing()).isEqualTo(new ServerConfig.Tracing(null, 0.01));

        var traced = load(
                Map.of("CORDWOOD_TRACING_OTLP_ENDPOINT", "http://collector:4318/v1/traces"),
                "--tracing.sample-ratio=0.5");

        assertThat(traced.tracing())
                .isEqualTo(new ServerConfig.Tracing(URI.create("http://collector:4318/v1/traces"), 0.5));
    }

    @ParameterizedTest
    @ValueSource(strings = {"collector:4318", "ftp://collector/v1/traces", "http:///v1/traces", "http://a b/"})
    void collectorIsAUrl(String text) {
        assertThat(problems(Map.of("CORDWOOD_TRACING_OTLP_ENDPOINT", text)))
                .anySatisfy(
                        line -> assertThat(line).contains("tracing.otlp-endpoint", text, "expected none, or a URL"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.5", "-0.1", "1e-3", "NaN", "half"})
    void sampleRatioIsANumberFromZeroToOne(String text) {
        assertThat(problems(Map.of("CORDWOOD_TRACING_SAMPLE_RATIO", text)))
                .anySatisfy(line -> assertThat(line).contains("tracing.sample-ratio", "a number from 0 to 1"));
    }

    @Test
    void allProblemsAreReportedAtOnceOneLineEach() {
        var failure = catchThrowableOfType(
                ConfigException.class,
                () -> ServerConfig.load(
                        List.of("--node.id=0", "--batch.max-bytes=1TB", "--raft.election-timeout-min=5s", "stray"),
                        Map.of()));

        assertThat(failure.problems()).hasSize(6).allMatch(line -> line.indexOf('\n') < 0);
        assertThat(failure.getMessage())
                .contains("stray: not a flag")
                .contains("node.id = \"0\": expected an integer from 1 to 2147483647 (from flag --node.id)")
                .contains("batch.max-bytes = \"1TB\": expected a size from 1KiB to 64MiB")
                .contains("data.dir: missing; expected a path (as --data.dir or in CORDWOOD_DATA_DIR)")
                .contains("cluster.initial-nodes: missing")
                .contains("raft.election-timeout-max = \"2s\": expected more than raft.election-timeout-min (5s)");
    }

    @Test
    void badValueOfTheEnvironmentNamesItsVariable() {
        assertThat(problems(Map.of("CORDWOOD_BATCH_MAX_BYTES", "lots")))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("batch.max-bytes = \"lots\": expected a size")
                        .endsWith("(from environment CORDWOOD_BATCH_MAX_BYTES)"));
    }

    @ParameterizedTest
    @CsvSource({"64MiB,67108864", "1GiB,1073741824", "1048588,1048588", "4 KiB,4096", "12B,12"})
    void sizesAreReadWithTheirUnit(String text, long bytes) {
        assertThat(Units.parseSize(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"500ms,500", "1s,1000", "2m,120000", "3h,10800000", "7d,604800000"})
    void durationsAreReadWithTheirUnit(String text, long millis) {
        assertThat(Units.parseDuration(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({
        "log.segment-max-age,7",
        "log.segment-max-age,7w",
        "log.segment-max-age,-7d",
        "log.segment-max-bytes,1MB",
        "log.segment-max-bytes,-1",
        "log.segment-max-bytes,2GiB",
        "log.segment-max-bytes,999999999999999999GiB",
        "log.writer-threads,four",
        "log.writer-threads,0",
        "insecure,yes",
        "listeners.client.bind,localhost",
        "listeners.client.bind,:9090",
        "listeners.client.bind,127.0.0.1:0",
        "listeners.client.bind,127.0.0.1:65536",
        "listeners.external.bind,19090",
        "listeners.external.advertised,localhost",
        "cluster.initial-nodes,n1:9091",
        "cluster.initial-nodes,0@n1:9091",
        "cluster.initial-nodes,1@n1",
        "cluster.initial-nodes,1@a:1;2@b:1",
        "http.bind,localhost",
        "http.bind,off",
        "http.max-calls,0",
        "http.max-tails,0",
        "http.body-max-bytes,1KiB",
        "raft.checkpoint-bytes,0",
        "raft.checkpoint-interval,0s",
        "raft.segment-max-bytes,1KiB",
        "raft.preserved-entries,-1",
        "catch-up.bytes-per-second,0",
        "catch-up.bytes-per-second,50",
        "catch-up.max-replicas,0",
        "cluster.replace-dead-after,0",
        "cluster.replace-dead-after,0s",
        "cluster.replace-dead-after,off",
        "groups.max-groups,0",
        "groups.max-members,0",
        "groups.metadata-max-bytes,64MiB",
        "groups.joins-per-second,0",
        "groups.max-waiting-joins,0",
        "groups.max-waiting-offsets,999",
        "groups.session-timeout-min,0s",
        "groups.session-timeout-max,2d",
        "groups.offset-retention,1s",
        "data.dir,' '"
    })
    void malformedValuesAreRefusedWithKeyAndValue(String key, String value) {
        assertThat(problems(Map.of(), "--" + key + "=" + value))
                .filteredOn(line -> line.startsWith(key + " = \"" + value + "\": expected "))
                .hasSize(1);
    }

    @Test
    void initialNodesRefuseAnIdOrAnAddressTwice() {
        assertThat(problems(Map.of(), "--cluster.initial-nodes=1@a:1,1@b:1")).anyMatch(this::namesInitialNodes);
        assertThat(problems(Map.of(), "--cluster.initial-nodes=1@a:1,2@a:1")).anyMatch(this::namesInitialNodes);
    }

    @Test
    void listenersOutsideLoopbackNeedInsecure() throws ConfigException {
        var flags = new String[] {"--listeners.client.bind=192.0.2.1:9090", "--listeners.node.bind=192.0.2.1:9091"};

        assertThat(problems(Map.of(), flags))
                .hasSize(2)
                .allMatch(line -> line.contains("could read and write everything") && line.contains("--insecure"));
        assertThat(load(Map.of(), flags[0], flags[1], "--insecure").insecure()).isTrue();
    }

    @Test
    void httpIsSwitchedOffByName() throws ConfigException {
        assertThat(load("--http.bind=none").http().bind()).isNull();
    }

    @Test
    void httpOutsideLoopbackNeedsInsecureAndNoAdvertisedAddress() throws ConfigException {
        assertThat(problems(Map.of(), "--http.bind=0.0.0.0:8080"))
                .singleElement()
                .asString()
                .startsWith("http.bind = ")
                .contains("--insecure");
        assertThat(load("--http.bind=0.0.0.0:8080", "--insecure").http().bind())
                .isEqualTo(new Endpoint("0.0.0.0", 8080));
    }

    @Test
    void httpHasAPortOfItsOwn() {
        assertThat(problems(Map.of(), "--http.bind=127.0.0.1:9090"))
                .singleElement()
                .asString()
                .startsWith("http.bind = ")
                .contains("expected another port than listeners.client.bind");
    }

    @Test
    void wildcardNeedsAnAdvertisedAddress() throws ConfigException {
        var flags = new String[] {"--insecure", "--listeners.client.bind=0.0.0.0:9090"};

        assertThat(problems(Map.of(), flags)).anyMatch(line -> line.contains("set listeners.client.advertised"));
        var config = load(Map.of(), flags[0], flags[1], "--listeners.client.advertised=n1:9090");
        assertThat(config.clients().get(0).advertised()).isEqualTo(new Endpoint("n1", 9090));
        assertThat(problems(Map.of(), flags[0], flags[1], "--listeners.client.advertised=0.0.0.0:9090"))
                .anyMatch(line -> line.startsWith("listeners.client.advertised"));
    }

    @Test
    void externalListenerComesBesideTheOther() throws ConfigException {
        var config =
                load("--listeners.external.bind=127.0.0.1:19090", "--listeners.external.advertised=localhost:29090");

        assertThat(config.clients()).hasSize(2);
        assertThat(config.clients().get(1))
                .isEqualTo(listener("external", new Endpoint("127.0.0.1", 19_090), new Endpoint("localhost", 29_090)));
        assertThat(load("--listeners.external.bind=127.0.0.1:19090")
                        .clients()
                        .get(1)
                        .advertised())
                .isEqualTo(new Endpoint("127.0.0.1", 19_090));
    }

    @Test
    void externalListenerKeepsToTheRulesOfTheOther() {
        assertThat(problems(Map.of(), "--listeners.external.bind=192.0.2.1:19090"))
                .singleElement()
                .matches(line -> line.startsWith("listeners.external.bind") && line.contains("--insecure"));
        assertThat(problems(Map.of(), "--insecure", "--listeners.external.bind=0.0.0.0:19090"))
                .singleElement()
                .matches(line -> line.contains("set listeners.external.advertised"));
        assertThat(problems(Map.of(), "--listeners.external.advertised=localhost:19090"))
                .singleElement()
                .matches(line -> line.startsWith("listeners.external.advertised = ")
                        && line.contains("set listeners.external.bind, too"));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:9090,listeners.external.bind,listeners.client.bind",
        "localhost:9090,listeners.external.bind,listeners.client.bind",
        "127.0.0.1:9091,listeners.node.bind,listeners.external.bind",
        "0.0.0.0:9091,listeners.node.bind,listeners.external.bind"
    })
    void listenersWithTheSamePortAreRefused(String external, String refused, String other) {
        var flags = List.of(
                "--insecure", "--listeners.external.bind=" + external, "--listeners.external.advertised=localhost:1");

        assertThat(problems(Map.of(), flags.toArray(String[]::new)))
                .singleElement()
                .matches(line ->
                        line.startsWith(refused + " = ") && line.contains("expected another port than " + other));
    }

    @Test
    void listenersWithTheSamePortOnDifferentAddressesAreApart() throws ConfigException {
        assertThat(load("--listeners.external.bind=127.0.0.2:9090").clients()).hasSize(2);
    }

    @Test
    void advertisedNodeAddressIsThisNodesEntry() throws ConfigException {
        assertThat(load(Map.of(), "--node.id=2").nodes().advertised()).isEqualTo(new Endpoint("127.0.0.1", 9191));
        assertThat(problems(Map.of(), "--listeners.node.advertised=127.0.0.1:9099"))
                .anyMatch(line -> line.contains("expected 127.0.0.1:9091, this node's entry"));
    }

    @Test
    void limitsThatContradictEachOtherAreRefused() {
        assertThat(problems(Map.of(), "--batch.max-bytes=2MiB", "--log.segment-max-bytes=1MiB"))
                .anyMatch(line -> line.contains("log.segment-max-bytes = \"1MiB\": expected at least batch.max-bytes"));
        assertThat(problems(Map.of(), "--connection.in-flight-max-bytes=2GiB"))
                .anyMatch(line -> line.contains("node.in-flight-max-bytes"));
    }

    @Test
    void flagsGivenTwiceOrWithoutValueAreRefused() {
        assertThat(problems(Map.of(), "--node.rack=a", "--node.rack=b")).anyMatch(line -> line.contains("given twice"));
        assertThat(problems(Map.of(), "--node.rack", "--insecure")).anyMatch(line -> line.contains("value is missing"));
    }

    @Test
    void keysOfAFileMayBeNestedOrDottedButNotBoth() throws Exception {
        var file = yaml("node.rack: a\nnode:\n  rack: b\n");

        assertThat(problems(Map.of(), "--config", file)).anyMatch(line -> line.contains("given twice in " + file));
    }

    @Test
    void unreadableAndMalformedFilesAreProblems() throws Exception {
        var malformed = yaml("node: [1\n");

        assertThat(problems(Map.of(), "--config=" + directory.resolve("absent.yaml")))
                .anyMatch(line -> line.startsWith("config = ") && line.contains("readable"));
        assertThat(problems(Map.of(), "--config=" + malformed)).anyMatch(line -> line.contains("expected YAML"));
    }

    @Test
    void helpListsEveryKeyWithRangeAndDefaultExceptHiddenOnes() {
        var help = ServerConfig.help();

        for (var setting : Settings.ALL) {
            assertThat(help.contains("--" + setting.key() + "\n"))
                    .as(setting.key())
                    .isEqualTo(!setting.hidden());
        }
        assertThat(help)
                .contains("an integer from 1 to 2147483647; required")
                .contains("a size from 1KiB to 64MiB (bytes, or a number with KiB, MiB, GiB); default 1048588")
                .doesNotContain("unsafe-flush");
        assertThat(ServerConfig.asksForHelp(List.of("--help"))).isTrue();
    }

    private static ServerConfig.Listener listener(String name, Endpoint bind, Endpoint advertised) {
        return new ServerConfig.Listener(name, bind, advertised);
    }

    private boolean namesInitialNodes(String line) {
        return line.startsWith("cluster.initial-nodes = ") && line.contains("no id or address twice");
    }

    private String yaml(String text) throws IOException {
        return Files.writeString(directory.resolve("cordwood.yaml"), text).toString();
    }

    private static ServerConfig load(String... flags) throws ConfigException {
        return load(Map.of(), flags);
    }

    private static ServerConfig load(Map<String, String> environment, String... flags) throws ConfigException {
        return ServerConfig.load(withRequired(environment, flags), environment);
    }

    private static List<String> problems(Map<String, String> environment, String... flags) {
        var failure = catchThrowableOfType(
                ConfigException.class, () -> ServerConfig.load(withRequired(environment, flags), environment));
        return failure == null ? List.of() : failure.problems();
    }

    /** The required flags, except those that the test gives itself. */
    private static List<String> withRequired(Map<String, String> environment, String... flags) {
        var all = new ArrayList<>(List.of(flags));
        for (var flag : REQUIRED) {
            var key = flag.substring(0, flag.indexOf('='));
            var variable =
                    "CORDWOOD_" + key.substring(2).replaceAll("[.-]", "_").toUpperCase(java.util.Locale.ROOT);
            if (all.stream().noneMatch(given -> given.startsWith(key)) && !environment.containsKey(variable)) {
                all.add(flag);
            }
        }
        return all;
    }
}
