package io.cordwood.store;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import org.slf4j.LoggerFactory;

/**
 * Keeps a class from telling of damage, while a test damages its files thousands of times.
 *
 * <p><b>Thread:</b> any.
 */
final class QuietLogger {
    /** What makes it tell so much. */
    interface Action {
        void run() throws IOException;
    }

    private QuietLogger() {}

    static void during(Class<?> of, Action action) throws IOException {
        var logger = (Logger) LoggerFactory.getLogger(of);
        logger.setLevel(Level.ERROR);
        try {
            action.run();
        } finally {
            logger.setLevel(null);
        }
    }
}
