package io.cordwood.chaos.faults;

/**
 * Port: hears of faults when they begin and end.
 *
 * <p><b>Thread:</b> one at a time, not always the same.
 */
@FunctionalInterface
public interface FaultListener {
    void on(FaultEvent event);
}
