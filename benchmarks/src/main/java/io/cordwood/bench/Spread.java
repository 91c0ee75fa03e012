package io.cordwood.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The middle and the ends of some values.
 *
 * @param count of the values, at least one
 */
public record Spread(int count, double median, double min, double max) {
    /** Empty for no values. */
    public static Optional<Spread> of(List<Double> values) {
        if (values.isEmpty()) {
            return Optional.empty();
        }
        var sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return Optional.of(new Spread(
                sorted.length, median, sorted[0], Arrays.stream(sorted).max().orElse(median)));
    }

    /** The median, with the ends behind it where they differ. */
    public String text(int decimals) {
        var number = "%,." + decimals + "f";
        var pattern = min == max ? number : number + " (" + number + " - " + number + ")";
        return String.format(Locale.ROOT, pattern, median, min, max);
    }
}
