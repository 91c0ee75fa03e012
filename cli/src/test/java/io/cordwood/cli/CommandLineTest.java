package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CommandLineTest {
    private static final String NOBODY = "127.0.0.1:1";

    private final CapturedConsole captured = new CapturedConsole();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            topic creat                         | 'creat'
            topic                               | needs a command
            topic create                        | NAME
            topic create a b                    | 'b'
            topic create a -p                   | --partitions
            topic create a -p six               | 'six'
            topic create a -p 99999999999       | '99999999999'
            topic create a -r 1.5               | '1.5'
            topic create a -c novalue           | novalue
            topic create a --nonsense           | --nonsense
            topic list -o yaml                  | 'yaml'
            topic list extra                    | 'extra'
            topic describe                      | NAME
            topic config                        | NAME
            topic config a --set novalue        | novalue
            topic config a --dry-run            | without --set or --unset
            topic add-partitions a              | --total
            topic add-partitions a --total six  | 'six'
            topic transfer-leader a 0           | NODE
            topic transfer-leader a zero 1      | 'zero'
            topic delete a                      | removes its records for good
            topic trim a 1 42                   | removes its records below 42 for good
            topic trim a x 42 --yes             | 'x'
            topic trim a 1                      | START
            topic delete                        | NAME
            group                               | needs a command
            group describe                      | GROUP
            group delete g                      | forgets how far it has come
            group reset g                       | --topic and --to, or --from-file
            group reset g -t a                  | --topic and --to, or --from-file
            group reset g -t a --to noon        | 'noon'
            group reset g -t a:x --to 1         | 'x' is not a partition
            group reset g -t a --to earliest    | process records again
            group reset g --from-file /none     | cannot read /none
            group lag                           | GROUP
            group lag g -p 1                    | --partition 1 names no topic
            group lag g -t a -p x               | 'x'
            group lag g -t a -p -1              | partition is -1
            group lag g --interval 1s           | --interval means nothing without --watch
            group lag g --watch --interval 1    | '1' is not a duration
            group explain                       | GROUP
            group explain g -p 1                | --partition 1 names no topic
            topic explain                       | NAME
            topic explain a -p -1               | partition is -1
            cluster explain-node                | ID
            cluster explain-node one            | 'one'
            produce                             | TOPIC
            produce t -p first                  | 'first'
            produce t -p -1                     | partitions are numbered from 0
            produce t -k : --key-field 2        | mutually exclusive
            produce t --key-field 0             | fields are numbered from 1
            produce t --key-field x             | 'x'
            produce t -o xml                    | 'xml'
            consume                             | TOPIC
            consume t -o yesterday              | 'yesterday'
            consume t -o -5                     | '-5'
            consume t -o last:x                 | 'last:x'
            consume t -o @noon                  | '@noon'
            consume t -o -1x                    | '-1x'
            consume t -n 0                      | --count is 0
            consume t -n some                   | 'some'
            consume t -p 0,x                    | 'x'
            consume t -f %q                     | %q is no field
            consume t -f %v{octal}              | %v{octal} is no field
            consume t -f %v{hex                 | brace is not closed
            consume t -f %                      | ends where a field
            consume t -f a\\q                   | is no escape
            cluster add-node                    | ID
            cluster add-node one h:1            | 'one'
            cluster add-node 4                  | HOST:PORT
            cluster replace-node                | ID
            cluster replace-node 3              | is given up for good
            partition add-replica t 0           | NODE
            partition remove-replica t zero 1   | 'zero'
            partition move-replica t 0 1        | TO
            cluster rolling-check               | NODE
            cluster rolling-check one           | 'one'
            cluster rolling-check 1 --wait 5    | '5' is not a duration
            cluster --wide                      | --wide
            up --nodes 0                        | --nodes is 0, allowed are 1 to 9
            up --nodes 10                       | --nodes is 10, allowed are 1 to 9
            up --nodes three                    | 'three'
            up --data                           | --data
            up now                              | 'now'
            down --force                        | --force
            demo a b                            | 'b'
            demo --duration 20                  | '20' is not a duration
            demo --duration 0s                  | is zero
            demo --duration 1s                  | --duration is 1000ms, it is at least 5s
            demo --duration -5s                 | '-5s'
            demo --bogus                        | --bogus
            topic list --timeout soon           | 'soon'
            topic list --bootstrap              | --bootstrap
            nonsense                            | 'nonsense'
            """)
    void malformedCommandLineIsOneLineAndHint(String arguments, String named) {
        var code = run(arguments.split(" +"));

        assertThat(captured.errLines()).hasSize(2);
        assertThat(captured.errLines().get(0))
                .startsWith("error: ")
                .contains(named)
                .endsWith("[USAGE]");
        assertThat(captured.errLines().get(1)).startsWith("hint: ");
        assertThat(captured.out()).isEmpty();
        assertThat(code).isEqualTo(2);
    }

    @Test
    void lineOfAFileThatIsNoPlaceIsNamed(@TempDir Path directory) throws IOException {
        var file = directory.resolve("places");
        Files.writeString(file, "# where it was\norders 0 42\n\norders 1\n");

        var code = run("group", "reset", "billing", "--from-file", file.toString(), "--dry-run");

        assertThat(captured.errLines().get(0)).contains("'orders 1'").endsWith("[USAGE]");
        assertThat(code).isEqualTo(2);
    }

    @Test
    void noCommandIsUsageError() {
        assertThat(run()).isEqualTo(2);
        assertThat(captured.errLines().get(0)).endsWith("[USAGE]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"topic create a -r 0", "topic create a/b", "topic create a -p 0", "topic describe a:b"})
    void whatTheClientRefusesIsOneLineAndHint(String arguments) {
        var code = run(arguments.split(" "));

        assertThat(captured.errLines()).hasSize(2);
        assertThat(captured.errLines().get(0)).matches("error: .*allowed is.* \\[INVALID_[A-Z_]+]");
        assertThat(code).isEqualTo(1);
    }

    @Test
    void malformedAddressNamesFieldAndValue() {
        var code = run("topic", "list", "--bootstrap", "localhost:port");

        assertThat(captured.errLines().get(0))
                .contains("bootstrap", "localhost:port")
                .endsWith("[INVALID_ARGUMENT]");
        assertThat(code).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "topic list",
                "topic create a",
                "cluster",
                "cluster add-node 4 h:1",
                "cluster replace-node 3 --yes",
                "partition add-replica t 0 3",
                "partition remove-replica t 0 3",
                "partition move-replica t 0 1 3",
                "cluster rolling-check 1",
                "cluster rolling-check 1 --wait 1s",
                "cluster explain-node 1",
                "group lag g",
                "group lag g --watch",
                "group explain g -t a -p 1",
                "topic explain a",
                "topic delete a --yes",
                "topic trim a 0 42 --yes"
            })
    void clusterThatIsAwayIsUnavailable(String arguments) {
        var code = run((arguments + " --timeout 100ms --bootstrap " + NOBODY).split(" "));

        assertThat(captured.errLines()).hasSize(2);
        // A machine under load may reach the deadline before the refusal.
        assertThat(captured.errLines().get(0)).containsAnyOf("[NODE_UNREACHABLE]", "[REQUEST_TIMED_OUT]");
        assertThat(code).isEqualTo(5);
    }

    @Test
    void globalOptionsStandBeforeTheCommandToo() {
        assertThat(run("--timeout", "100ms", "--bootstrap", NOBODY, "topic", "list"))
                .isEqualTo(5);
    }

    @Test
    void verboseAddsTheStackTrace() {
        run("topic", "list", "--timeout", "100ms", "--bootstrap", NOBODY, "-v");

        assertThat(captured.errLines()).anyMatch(line -> line.startsWith("\tat io.cordwood."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "produce t"})
    void missingFileIsNotFound(String command) {
        var code = run((command + " /does/not/exist").split(" "));

        assertThat(captured.errLines()).hasSize(2);
        assertThat(captured.errLines().get(0)).isEqualTo("error: file /does/not/exist does not exist [FILE_NOT_FOUND]");
        assertThat(code).isEqualTo(3);
    }

    @Test
    void emptyFileIsRefusedBeforeAnythingStarts(@TempDir Path directory) throws IOException {
        var file = Files.createFile(directory.resolve("empty"));

        var code = run("demo", file.toString());

        assertThat(captured.errLines().get(0)).contains("holds no line");
        assertThat(code).isEqualTo(2);
    }

    @Test
    void downWithoutClusterIsDone(@TempDir Path directory) {
        var code = run("down", "--data", directory.resolve("none").toString());

        assertThat(captured.errLines()).singleElement().asString().startsWith("no node of ");
        assertThat(code).isZero();
    }

    @Test
    void upRefusesAnotherNumberOfNodes(@TempDir Path directory) throws IOException {
        Files.createDirectories(directory.resolve("n1"));

        var code = run("up", "--data", directory.toString());

        assertThat(captured.errLines().get(0)).contains("holds a cluster of 1 nodes, --nodes is 3");
        assertThat(code).isEqualTo(2);
    }

    @Test
    void helpGoesToStandardOutput() {
        assertThat(run("consume", "--help")).isZero();
        assertThat(captured.out()).contains("Usage: cordwood consume", "%v{hex}");
        assertThat(captured.errLines()).isEmpty();
    }

    private int run(String... arguments) {
        return Cordwood.run(captured.console(), arguments);
    }
}
