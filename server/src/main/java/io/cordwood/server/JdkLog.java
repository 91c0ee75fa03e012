package io.cordwood.server;

import java.util.Objects;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;

/**
 * Passes on to the node's log what libraries log through the JDK, such as gRPC, so that all lines have one
 * form.
 *
 * <p><b>Thread:</b> any.
 */
final class JdkLog extends Handler {
    private static final String NAMELESS = "jdk";

    private final Formatter texts = new SimpleFormatter();

    /** In place of the JDK's own handlers, which write to standard error in a form of their own. */
    static void intoOurs() {
        LogManager.getLogManager().reset();
        Logger.getLogger("").addHandler(new JdkLog());
    }

    @Override
    public void publish(LogRecord record) {
        LoggerFactory.getLogger(Objects.requireNonNullElse(record.getLoggerName(), NAMELESS))
                .atLevel(level(record.getLevel()))
                .setCause(record.getThrown())
                .log(texts.formatMessage(record));
    }

    private static org.slf4j.event.Level level(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return org.slf4j.event.Level.ERROR;
        } else if (value >= Level.WARNING.intValue()) {
            return org.slf4j.event.Level.WARN;
        }
        return value >= Level.INFO.intValue() ? org.slf4j.event.Level.INFO : org.slf4j.event.Level.DEBUG;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
