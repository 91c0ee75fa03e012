package io.cordwood.store;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a class from telling of damage, while a test damages its files thousands of times.
 *
 * <p><b>Thread:</b> any.
 */
final class QuietLogger implements AutoCloseable {
    private final Logger logger;

    QuietLogger(Class<?> of) {
        logger = (Logger) LoggerFactory.getLogger(of);
        logger.setLevel(Level.ERROR);
    }

    @Override
    public void close() {
        logger.setLevel(null);
    }
}
