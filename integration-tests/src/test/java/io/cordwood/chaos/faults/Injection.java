package io.cordwood.chaos.faults;

/**
 * How a kind of faults is done, from its begin to its end.
 *
 * <p><b>Thread:</b> one of the run's for each fault.
 */
@FunctionalInterface
interface Injection {
    /** An exception says that it could not be done. */
    void run(Fault fault, Stage stage);
}
