package io.cordwood.metrics;

import java.util.List;

/**
 * One metric: everything that can be said of it before a node runs.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param name with dots, as Micrometer has it
 * @param unit the base unit, as it ends the Prometheus name; empty where it is a plain number
 * @param labels keys, in the order in which values are given
 * @param meaning one sentence or two, without a line break
 */
public record MetricDescription(String name, MetricType type, String unit, List<String> labels, String meaning) {
    private static final String SECONDS = "seconds";

    public MetricDescription {
        labels = List.copyOf(labels);
        if (!name.matches("[a-z0-9]+(\\.[a-z0-9]+)+") || meaning.isBlank() || meaning.contains("\n")) {
            throw new IllegalArgumentException("name " + name + ", meaning " + meaning);
        }
        if (type.isDuration() && !unit.equals(SECONDS)) {
            throw new IllegalArgumentException(name + " is a duration, its unit is " + unit);
        }
    }

    /** The family's name: what Micrometer's naming convention for Prometheus makes of name and unit. */
    public String prometheusName() {
        var snake = name.replace('.', '_');
        return unit.isEmpty() || snake.endsWith("_" + unit) ? snake : snake + "_" + unit;
    }

    /** The names by which a query finds its samples. */
    public List<String> sampleNames() {
        return type.sampleNames(prometheusName()).toList();
    }
}
