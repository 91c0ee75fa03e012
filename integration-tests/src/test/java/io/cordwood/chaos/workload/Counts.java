package io.cordwood.chaos.workload;

/**
 * How many operations began, and how they ended.
 *
 * @param failed certainly without an effect
 * @param unknown those of which nobody knows
 */
public record Counts(long begun, long ok, long failed, long unknown) {
    public static final Counts NONE = new Counts(0, 0, 0, 0);

    public Counts plus(Counts other) {
        return new Counts(begun + other.begun, ok + other.ok, failed + other.failed, unknown + other.unknown);
    }

    public long underWay() {
        return begun - ok - failed - unknown;
    }

    @Override
    public String toString() {
        return begun + " begun, " + ok + " ok, " + failed + " failed, " + unknown + " unknown";
    }
}
