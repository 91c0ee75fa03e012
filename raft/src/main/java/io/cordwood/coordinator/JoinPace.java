package io.cordwood.coordinator;

/**
 * How many joins may be written now: so many per second, and what was not used for up to one second.
 *
 * <p><b>Thread:</b> confined to its owner.
 */
final class JoinPace {
    private static final long SECOND = 1000;

    private final int perSecond;
    private long lastMillis;
    /** In thousandths of a join. */
    private long credit;

    JoinPace(int perSecond, long nowMillis) {
        this.perSecond = perSecond;
        lastMillis = nowMillis;
        credit = perSecond * SECOND;
    }

    int available(long nowMillis) {
        long passed = Math.min(SECOND, nowMillis - lastMillis);
        lastMillis = nowMillis;
        credit = Math.min(perSecond * SECOND, credit + passed * perSecond);
        return (int) (credit / SECOND);
    }

    void use(int joins) {
        credit -= joins * SECOND;
    }
}
