package io.cordwood.bench;

import java.util.List;
import java.util.Optional;

/**
 * The line through some points with the least squares of vertical distances.
 *
 * @param intercept its height at 0
 */
public record LineFit(double intercept, double slope) {
    /** Empty where all points stand above each other, or there are fewer than two. */
    public static Optional<LineFit> of(List<Double> xs, List<Double> ys) {
        if (xs.size() != ys.size()) {
            throw new IllegalArgumentException(xs.size() + " and " + ys.size() + " values");
        }
        double meanX = mean(xs);
        double meanY = mean(ys);
        double squares = 0;
        double products = 0;
        for (int i = 0; i < xs.size(); i++) {
            squares += (xs.get(i) - meanX) * (xs.get(i) - meanX);
            products += (xs.get(i) - meanX) * (ys.get(i) - meanY);
        }
        if (xs.size() < 2 || squares == 0) {
            return Optional.empty();
        }
        double slope = products / squares;
        return Optional.of(new LineFit(meanY - slope * meanX, slope));
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }
}
