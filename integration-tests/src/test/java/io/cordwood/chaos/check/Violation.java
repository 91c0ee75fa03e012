package io.cordwood.chaos.check;

/**
 * A promise that was broken.
 *
 * @param checker whose promise
 * @param sentence what happened, with the partition, offsets, values, operations and times that show it
 */
public record Violation(String checker, String sentence) {
    @Override
    public String toString() {
        return checker + ": " + sentence;
    }
}
