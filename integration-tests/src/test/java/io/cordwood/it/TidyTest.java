package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Holds every hand-written Java file of the repository to {@link TidyRules}, and the rules to their word. */
class TidyTest {
    private static final String MAIN = "m/src/main/java/A.java";
    private static final String TEST = "m/src/test/java/ATest.java";

    @Test
    void everySourceIsTidy() throws IOException {
        var root = repositoryRoot();
        var sources = handWrittenSources(root);
        var read = new ArrayList<TidyRules.Source>();
        for (Path source : sources) {
            read.add(new TidyRules.Source(root.relativize(source).toString(), Files.readString(source)));
        }

        assertThat(sources).anyMatch(source -> source.endsWith("io/cordwood/it/TidyTest.java"));
        assertThat(TidyRules.violationsOf(read)).isEmpty();
    }

    @Test
    void tidySourceHasNoViolation() throws IOException {
        assertThat(TidyRules.violations(
                        MAIN, "record A(int a, int b, int c, int d, int e, int f) { A {} void m() {} }"))
                .isEmpty();
    }

    @Test
    void methodOfFiftyOneLinesIsFound() throws IOException {
        assertThat(TidyRules.violations(MAIN, "class A {\n" + methodOfLines(50) + "}"))
                .isEmpty();
        assertThat(TidyRules.violations(MAIN, "class A {\n" + methodOfLines(51) + "}"))
                .containsExactly(MAIN + ":2: m has 51 lines, the limit is 50");
    }

    @Test
    void longFileIsFound() throws IOException {
        var lines501 = "class A {}\n" + "\n".repeat(500);

        assertThat(TidyRules.violations(MAIN, lines501))
                .containsExactly(MAIN + ":501: file has 501 lines, the limit is 500");
        assertThat(TidyRules.violations(TEST, lines501)).isEmpty();
        assertThat(TidyRules.violations(TEST, lines501 + "\n".repeat(300))).hasSize(1);
    }

    @Test
    void sixthParameterIsFound() throws IOException {
        var six = "(int a, int b, int c, int d, int e, int f)";

        assertThat(TidyRules.violations(MAIN, "class A { void m" + six + " {} }"))
                .hasSize(1);
        assertThat(TidyRules.violations(MAIN, "class A { @Override public void m" + six + " {} }"))
                .isEmpty();
        assertThat(TidyRules.violations(MAIN, "class A { A" + six + " {} }")).isEmpty();
    }

    @Test
    void ninthParameterOfConstructorIsFound() throws IOException {
        var source = "class A { A(int a, int b, int c, int d, int e, int f, int g, int h, int i) {} }";

        assertThat(TidyRules.violations(MAIN, source)).hasSize(1);
    }

    @Test
    void unfinishedWorkAndTabsAreFound() throws IOException {
        assertThat(TidyRules.violations(MAIN, "class A {} // TO" + "DO later")).hasSize(1);
        assertThat(TidyRules.violations(MAIN, "class A {\tint a; }")).containsExactly(MAIN + ":1: tab");
    }

    @Test
    void sleepIsFoundInTestsOnly() throws IOException {
        for (String sleep : List.of("Thread.sleep(1)", "TimeUnit.SECONDS.sleep(1)", "java.lang.Thread.sleep(1)")) {
            var source = "class A { void m() throws Exception { " + sleep + "; } }";

            assertThat(TidyRules.violations(TEST, source)).as(sleep).hasSize(1);
            assertThat(TidyRules.violations(MAIN, source)).as(sleep).isEmpty();
        }
    }

    @Test
    void vagueNameIsFound() throws IOException {
        for (String name : List.of("LogManager", "AbstractLog", "LogImpl", "LogUtil", "LogHelper")) {
            assertThat(TidyRules.violations(MAIN, "class " + name + " {}"))
                    .as(name)
                    .hasSize(1);
        }
    }

    private static String methodOfLines(int lines) {
        return "void m() {\n" + "    ;\n".repeat(lines - 2) + "}\n";
    }

    private static Path repositoryRoot() {
        Path directory = Path.of("").toAbsolutePath();
        while (directory != null && !Files.isDirectory(directory.resolve(".mvn"))) {
            directory = directory.getParent();
        }
        return Objects.requireNonNull(directory, "no .mvn directory at or above the working directory");
    }

    private static List<Path> handWrittenSources(Path root) throws IOException {
        var sources = new ArrayList<Path>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                var name = directory.getFileName().toString();
                boolean skipped = name.equals("target") || (name.startsWith(".") && !directory.equals(root));
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".java")) {
                    sources.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return sources;
    }
}
