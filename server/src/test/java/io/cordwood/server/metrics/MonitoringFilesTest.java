package io.cordwood.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.MetricDescription;
import io.cordwood.metrics.ProcessMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files of {@code docker/monitoring} speak of metrics that there are. */
class MonitoringFilesTest {
    private static final Pattern METRIC = Pattern.compile("\\b(?:cordwood|jvm|process|system)_[a-z0-9_]+");
    private static final Set<String> QUERIES = Set.of("expr", "query", "definition");

    private static final Set<String> KNOWN = Stream.concat(
                    Stream.of(Metric.values()).map(Metric::description), ProcessMetrics.ALL.stream())
            .map(MetricDescription::sampleNames)
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableSet());

    @Test
    void everyMetricOfTheAlertsIsInTheCatalogue() throws IOException {
        var expressions = expressions(read("alerts.yml"));

        assertThat(expressions).hasSizeGreaterThan(15);
        assertThat(metrics(expressions)).isNotEmpty().isSubsetOf(KNOWN);
    }

    @Test
    void everyMetricOfTheDashboardIsInTheCatalogue() throws IOException {
        var expressions = expressions(read("dashboards/cordwood.json"));

        assertThat(expressions).hasSizeGreaterThan(30);
        assertThat(metrics(expressions)).isNotEmpty().isSubsetOf(KNOWN);
    }

    @Test
    void parenthesesOfExpressionsMatch() throws IOException {
        for (String file : List.of("alerts.yml", "dashboards/cordwood.json")) {
            assertThat(expressions(read(file)))
                    .allMatch(text -> count(text, '(') == count(text, ')') && count(text, '{') == count(text, '}'));
        }
    }

    @Test
    void alertsHaveNamesSeverityAndAdvice() throws IOException {
        var rules = children(read("alerts.yml"), "groups").stream()
                .flatMap(group -> children(group, "rules").stream())
                .toList();

        assertThat(rules.stream().map(rule -> child(rule, "alert"))).doesNotHaveDuplicates();
        assertThat(rules).allSatisfy(rule -> {
            assertThat(child(child(rule, "labels"), "severity")).isIn("critical", "warning");
            assertThat(child(child(rule, "annotations"), "summary")).asString().isNotBlank();
            assertThat(child(child(rule, "annotations"), "description"))
                    .asString()
                    .isNotBlank();
        });
    }

    private static Object child(Object node, String key) {
        return Objects.requireNonNull(((Map<?, ?>) node).get(key), key);
    }

    private static List<Object> children(Object node, String key) {
        return List.copyOf((List<?>) child(node, key));
    }

    /** YAML, of which JSON is a part. */
    private static Object read(String file) throws IOException {
        var text =
                Files.readString(Repository.root().resolve("docker/monitoring").resolve(file));
        return new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    }

    private static List<String> expressions(Object node) {
        var found = new ArrayList<String>();
        if (node instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (value instanceof String text && QUERIES.contains(key)) {
                    found.add(text);
                } else {
                    found.addAll(expressions(value));
                }
            });
        } else if (node instanceof List<?> list) {
            list.forEach(each -> found.addAll(expressions(each)));
        }
        return found;
    }

    private static Set<String> metrics(List<String> expressions) {
        return expressions.stream()
                .flatMap(text -> METRIC.matcher(text).results())
                .map(match -> match.group())
                .collect(Collectors.toSet());
    }

    private static long count(String text, char each) {
        return text.chars().filter(found -> found == each).count();
    }
}
