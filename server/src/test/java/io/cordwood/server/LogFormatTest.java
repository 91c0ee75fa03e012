package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.status.Status;
import ch.qos.logback.core.status.StatusUtil;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.event.KeyValuePair;

/** The configuration that is shipped, in both formats. */
class LogFormatTest {
    private static final String AUDIT = "cordwood.audit";

    @ParameterizedTest
    @ValueSource(strings = {"text", "json"})
    void configurationLoadsWithoutAComplaint(String format) throws JoranException {
        var context = configured(format);

        assertThat(new StatusUtil(context).getHighestLevel(0)).isLessThan(Status.WARN);
        assertThat(context.getLogger("io.grpc").getLevel()).isEqualTo(Level.WARN);
        assertThat(context.getLogger(AUDIT).isAdditive()).isFalse();
    }

    @Test
    void textNamesLevelAndMessage() throws JoranException {
        assertThat(line("text", Logger.ROOT_LOGGER_NAME))
                .contains("INFO ", "topic orders")
                .endsWith("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "json"})
    void messageThatAClientBreaksStaysOneLine(String format) throws JoranException {
        for (String logger : List.of(Logger.ROOT_LOGGER_NAME, AUDIT)) {
            assertThat(line(format, logger, "two\r\nlines").strip()).doesNotContain("\n", "\r");
        }
    }

    @Test
    void auditLineHasNamesAndValuesInTextToo() throws JoranException {
        assertThat(line("text", AUDIT)).contains("topic orders; peer=\"127.0.0.1\"");
    }

    @Test
    void jsonIsOneObjectPerLine() throws JoranException, InvalidProtocolBufferException {
        var line = line("json", AUDIT);

        assertThat(line.strip()).doesNotContain("\n");
        var fields = parsed(line);
        assertThat(fields.getFieldsOrThrow("formattedMessage").getStringValue()).isEqualTo("topic orders");
        assertThat(fields.getFieldsOrThrow("level").getStringValue()).isEqualTo("INFO");
        var pairs = fields.getFieldsOrThrow("kvpList").getListValue();
        assertThat(pairs.getValues(0).getStructValue().containsFields("peer")).isTrue();
    }

    private static Struct parsed(String line) throws InvalidProtocolBufferException {
        var object = Struct.newBuilder();
        JsonFormat.parser().merge(line, object);
        return object.build();
    }

    private static LoggerContext configured(String format) throws JoranException {
        var context = new LoggerContext();
        context.putProperty("CORDWOOD_LOG_FORMAT", format);
        var configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(
                Objects.requireNonNull(LogFormatTest.class.getResource("/logback.xml"), "no logback.xml"));
        return context;
    }

    private static String line(String format, String loggerName) throws JoranException {
        return line(format, loggerName, "orders");
    }

    private static String line(String format, String loggerName, String topic) throws JoranException {
        var logger = configured(format).getLogger(loggerName);
        var appenders = logger.iteratorForAppenders();
        var event = new LoggingEvent("", logger, Level.INFO, "topic {}", null, new Object[] {topic});
        event.setKeyValuePairs(List.of(new KeyValuePair("peer", topic.equals("orders") ? "127.0.0.1" : topic)));
        var encoder = ((OutputStreamAppender<ILoggingEvent>) appenders.next()).getEncoder();
        return new String(encoder.encode(event), StandardCharsets.UTF_8);
    }
}
