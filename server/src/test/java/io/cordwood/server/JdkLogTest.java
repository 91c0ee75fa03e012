package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class JdkLogTest {
    private static final String LIBRARY = "some.library";

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final JdkLog handler = new JdkLog();

    @BeforeEach
    void listen() {
        lines.start();
        library().addAppender(lines);
    }

    @AfterEach
    void leave() {
        library().detachAppender(lines);
    }

    private static Logger library() {
        return (Logger) LoggerFactory.getLogger(LIBRARY);
    }

    @Test
    void lineKeepsLoggerLevelMessageAndCause() {
        var record = new LogRecord(java.util.logging.Level.WARNING, "port {0} is taken");
        record.setLoggerName(LIBRARY);
        record.setParameters(new Object[] {"9090"});
        record.setThrown(new IllegalStateException("a cause"));

        handler.publish(record);

        assertThat(lines.list).hasSize(1);
        var line = lines.list.get(0);
        assertThat(line.getLevel()).isEqualTo(Level.WARN);
        assertThat(line.getFormattedMessage()).isEqualTo("port 9090 is taken");
        assertThat(line.getThrowableProxy().getMessage()).isEqualTo("a cause");
    }

    @Test
    void levelsBecomeThoseOfOurLog() {
        for (var level : new java.util.logging.Level[] {
            java.util.logging.Level.SEVERE, java.util.logging.Level.INFO, java.util.logging.Level.CONFIG
        }) {
            var record = new LogRecord(level, "a line");
            record.setLoggerName(LIBRARY);
            handler.publish(record);
        }

        assertThat(lines.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.ERROR, Level.INFO);
    }
}
