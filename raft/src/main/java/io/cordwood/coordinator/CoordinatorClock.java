package io.cordwood.coordinator;

/** The time, for a {@link Coordinator}. */
public interface CoordinatorClock {
    /** Never goes back, whatever is done to the wall clock: sessions are measured by it. */
    long monotonicMillis();

    /** Since 1970, for what is written. */
    long wallMillis();
}
