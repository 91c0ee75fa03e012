package io.cordwood.server.health;

import java.util.List;

/**
 * Port to one thing that a node needs to serve. Thread: that of {@link Readiness}, one call at a time; it
 * must not wait.
 */
@FunctionalInterface
public interface ReadinessCheck {
    /** Empty where nothing is wrong. */
    List<Hindrance> hindrances();
}
