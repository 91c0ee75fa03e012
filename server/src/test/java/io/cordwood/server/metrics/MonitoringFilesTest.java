package io.cordwood.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.NodeState;
import io.cordwood.metrics.Metric;
import io.cordwood.metrics.MetricDescription;
import io.cordwood.metrics.ProcessMetrics;
import io.cordwood.server.cluster.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files of {@code docker/monitoring} speak of metrics that there are, and are where compose puts them. */
class MonitoringFilesTest {
    private static final Pattern METRIC = Pattern.compile("\\b(?:cordwood|jvm|process|system)_[a-z0-9_]+");
    /** A metric and what is asked of its labels. */
    private static final Pattern SELECTOR = Pattern.compile("(" + METRIC.pattern() + ")\\{([^}]*)}");

    private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*(?:=~|!~|!=|=)");
    private static final Pattern EXACT_VALUE = Pattern.compile("([a-z_]+)=\"([^\"$]*)\"");
    private static final Pattern NAMED_LABEL = Pattern.compile("\\$labels\\.([a-z_]+)");
    private static final Pattern BY = Pattern.compile("\\bby \\(([^)]*)\\)");
    /** Ends where the metric begins whose rise is asked for. */
    private static final Pattern RISE = Pattern.compile("(?:rate|increase)\\($");

    private static final Set<String> QUERIES = Set.of("expr", "query", "definition");
    /** Prometheus gives them to every series. */
    private static final Set<String> JOB_LABELS = Set.of("instance", "job");

    private static final List<MetricDescription> DESCRIBED = Stream.concat(
                    Stream.of(Metric.values()).map(Metric::description), ProcessMetrics.ALL.stream())
            .toList();
    private static final Set<String> KNOWN = DESCRIBED.stream()
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

    /** A selector by a label that a metric does not have finds nothing: its alert never fires. */
    @Test
    void selectorsNameLabelsOfTheirMetrics() throws IOException {
        for (String expression : allExpressions()) {
            SELECTOR.matcher(expression).results().forEach(selector -> {
                var labels = LABEL.matcher(selector.group(2))
                        .results()
                        .map(label -> label.group(1))
                        .toList();
                assertThat(labels).as(expression).isSubsetOf(labelsOf(selector.group(1)));
            });
        }
    }

    @Test
    void aggregationsKeepLabelsThatAreThere() throws IOException {
        for (String expression : allExpressions()) {
            var there = METRIC.matcher(expression)
                    .results()
                    .flatMap(metric -> labelsOf(metric.group()).stream())
                    .collect(Collectors.toSet());
            assertThat(kept(expression)).as(expression).isSubsetOf(there);
        }
    }

    /** What a counter shows by itself depends on when the process began. */
    @Test
    void countersAndNothingElseAreAskedForTheirRise() throws IOException {
        for (String expression : allExpressions()) {
            METRIC.matcher(expression)
                    .results()
                    .forEach(metric -> assertThat(RISE.matcher(expression.substring(0, metric.start()))
                                    .find())
                            .as("%s in %s", metric.group(), expression)
                            .isEqualTo(rises(metric.group())));
        }
    }

    @Test
    void valuesOfLabelsAreThoseThatTheNodeShows() throws IOException {
        var known = Map.of(
                "state", names(NodeState.values()),
                "reason", names(Reason.values()),
                "area", Set.of("heap", "nonheap"));
        for (String expression : allExpressions()) {
            EXACT_VALUE
                    .matcher(expression)
                    .results()
                    .filter(match -> known.containsKey(match.group(1)))
                    .forEach(match ->
                            assertThat(known.get(match.group(1))).as(expression).contains(match.group(2)));
        }
    }

    @Test
    void adviceNamesLabelsThatTheAlertKeeps() throws IOException {
        for (Object rule : rules()) {
            var expression = (String) child(rule, "expr");
            var kept = kept(expression);
            var there = METRIC.matcher(expression)
                    .results()
                    .map(metric -> labelsOf(metric.group()))
                    .reduce((one, other) -> {
                        var both = new TreeSet<>(one);
                        both.retainAll(other);
                        return both;
                    })
                    .orElse(JOB_LABELS);
            var named = NAMED_LABEL
                    .matcher(child(rule, "annotations").toString())
                    .results()
                    .map(match -> match.group(1))
                    .toList();
            assertThat(named).as(expression).isSubsetOf(kept.isEmpty() ? there : kept);
        }
    }

    /** What the outermost aggregation leaves; empty where there is none. */
    private static Set<String> kept(String expression) {
        var by = BY.matcher(expression);
        return by.find() ? Set.of(by.group(1).split(",\\s*")) : Set.of();
    }

    private static Set<String> labelsOf(String sample) {
        var labels = new TreeSet<>(JOB_LABELS);
        DESCRIBED.stream()
                .filter(described -> described.sampleNames().contains(sample))
                .forEach(described -> labels.addAll(described.labels()));
        if (sample.endsWith("_bucket")) {
            labels.add("le");
        }
        return labels;
    }

    private static boolean rises(String sample) {
        return DESCRIBED.stream()
                .filter(described -> described.sampleNames().contains(sample))
                .anyMatch(described -> switch (described.type()) {
                    case COUNTER -> true;
                    case GAUGE -> false;
                    case HISTOGRAM, SUMMARY -> !sample.endsWith("_max");
                });
    }

    private static Set<String> names(Enum<?>[] values) {
        return Stream.of(values)
                .map(value -> value.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
    }

    @Test
    void parenthesesOfExpressionsMatch() throws IOException {
        assertThat(allExpressions())
                .allMatch(text -> count(text, '(') == count(text, ')') && count(text, '{') == count(text, '}'));
    }

    @Test
    void alertsHaveNamesSeverityAndAdvice() throws IOException {
        var rules = rules();

        assertThat(rules.stream().map(rule -> child(rule, "alert"))).doesNotHaveDuplicates();
        assertThat(rules).allSatisfy(rule -> {
            assertThat(child(child(rule, "labels"), "severity")).isIn("critical", "warning");
            assertThat(child(child(rule, "annotations"), "summary")).asString().isNotBlank();
            assertThat(child(child(rule, "annotations"), "description"))
                    .asString()
                    .isNotBlank();
        });
    }

    @Test
    void jobOfTheExpressionsIsTheOneThatScrapes() throws IOException {
        var jobs = allExpressions().stream()
                .flatMap(text -> EXACT_VALUE.matcher(text).results())
                .filter(match -> match.group(1).equals("job"))
                .map(match -> match.group(2))
                .collect(Collectors.toSet());

        assertThat(jobs).containsExactly((String) child(scrape(), "job_name"));
    }

    @Test
    void nodesOfComposeAreScrapedWhereTheyAnswerHttp() throws IOException {
        var nodes = new ArrayList<Object>();
        services().forEach((name, service) -> {
            if (environment(service).containsKey("CORDWOOD_NODE_ID")) {
                nodes.add(name + ":" + portOf(child(environment(service), "CORDWOOD_HTTP_BIND")));
            }
        });

        assertThat(nodes).hasSize(3);
        assertThat(children(children(scrape(), "static_configs").get(0), "targets"))
                .containsExactlyInAnyOrderElementsOf(nodes);
    }

    @Test
    void prometheusFindsItsFiles() throws IOException {
        var mounts = mounts("prometheus");

        assertThat(mounts).containsEntry("/etc/prometheus/prometheus.yml", "./monitoring/prometheus.yml");
        assertThat(children(read("prometheus.yml"), "rule_files"))
                .isNotEmpty()
                .allSatisfy(
                        file -> assertThat(mounts).containsEntry("/etc/prometheus/" + file, "./monitoring/" + file));
    }

    @Test
    void grafanaFindsItsFilesAndPrometheus() throws IOException {
        var mounts = mounts("grafana");
        var dashboards = children(read("provisioning/dashboards/cordwood.yaml"), "providers");
        var sources = children(read("provisioning/datasources/prometheus.yaml"), "datasources");
        var published =
                (String) children(child(services(), "prometheus"), "ports").get(0);

        assertThat(mounts).containsEntry("/etc/grafana/provisioning", "./monitoring/provisioning");
        assertThat(dashboards).hasSize(1);
        assertThat(mounts)
                .containsEntry((String) child(child(dashboards.get(0), "options"), "path"), "./monitoring/dashboards");
        assertThat(sources).hasSize(1);
        assertThat(child(sources.get(0), "url")).isEqualTo("http://prometheus:" + portOf(published));
    }

    /** Where they are in the container, and where they come from, which there is. */
    private static Map<String, String> mounts(String service) throws IOException {
        var mounts = new TreeMap<String, String>();
        for (Object volume : children(child(services(), service), "volumes")) {
            var parts = ((String) volume).split(":");
            mounts.put(parts[1], parts[0]);
            if (parts[0].startsWith("./")) {
                assertThat(Repository.root().resolve("docker").resolve(parts[0]))
                        .exists();
            }
        }
        return mounts;
    }

    private static Object scrape() throws IOException {
        var all = children(read("prometheus.yml"), "scrape_configs");
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    private static Map<?, ?> services() throws IOException {
        return (Map<?, ?>) child(read("../compose.yaml"), "services");
    }

    private static Map<?, ?> environment(Object service) {
        return (Map<?, ?>) Objects.requireNonNullElse(((Map<?, ?>) service).get("environment"), Map.of());
    }

    /** What is behind the last colon. */
    private static String portOf(Object address) {
        var text = (String) address;
        return text.substring(text.lastIndexOf(':') + 1);
    }

    private static List<Object> rules() throws IOException {
        return children(read("alerts.yml"), "groups").stream()
                .flatMap(group -> children(group, "rules").stream())
                .toList();
    }

    private static List<String> allExpressions() throws IOException {
        var all = new ArrayList<String>();
        for (String file : List.of("alerts.yml", "dashboards/cordwood.json")) {
            expressions(read(file)).stream()
                    .filter(text -> !text.startsWith("label_values"))
                    .forEach(all::add);
        }
        return all;
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
