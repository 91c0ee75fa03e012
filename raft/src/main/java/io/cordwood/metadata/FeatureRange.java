package io.cordwood.metadata;

/** The feature levels that a node's program can run at, both ends included: {@code [min, max]}. */
public record FeatureRange(int min, int max) {

    public FeatureRange {
        if (min < 1 || max < min) {
            throw new IllegalArgumentException("feature levels must be 1 <= min <= max: " + min + ", " + max);
        }
    }

    public boolean supports(int level) {
        return min <= level && level <= max;
    }
}
