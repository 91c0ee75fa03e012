package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.client.ProducerRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a line becomes a record: the whole line is the value, unless a separator splits a key off. */
final class LineFormat {
    /** Where the key is. */
    static final class Options {
        @Option(
                names = {"-k", "--key-separator"},
                paramLabel = "TEXT",
                description = "What separates key and value in a line; \\t is a tab.")
        @Nullable
        String keySeparator;

        @Option(
                names = "--key-field",
                paramLabel = "N",
                description = "The key is the Nth field of the line, from 1; the value is the whole line.")
        @Nullable
        Integer keyField;
    }

    private final String topic;
    private final @Nullable Integer partition;
    private final byte @Nullable [] separator;
    private final int keyField;

    LineFormat(String topic, @Nullable Integer partition, Options options) {
        this.topic = topic;
        this.partition = partition;
        this.separator = options.keySeparator == null
                ? null
                : options.keySeparator.replace("\\t", "\t").getBytes(StandardCharsets.UTF_8);
        this.keyField = options.keyField == null ? 0 : options.keyField;
        if (separator != null && separator.length == 0) {
            throw CliException.usage("--key-separator is empty", "give at least one character, such as :");
        }
        if (options.keyField != null && keyField < 1) {
            throw CliException.usage(
                    "--key-field is " + keyField + ", fields are numbered from 1", "the first one is 1");
        }
    }

    /** @param lineNumber for the message where the line has no key */
    ProducerRecord record(byte[] line, long lineNumber) {
        if (separator != null) {
            var at = indexOf(line, separator);
            if (at < 0) {
                throw CliException.usage(
                        "line " + lineNumber + " does not hold the key separator '"
                                + new String(separator, StandardCharsets.UTF_8) + "'",
                        "without -k lines have no key");
            }
            return record(Arrays.copyOf(line, at), Arrays.copyOfRange(line, at + separator.length, line.length));
        }
        return record(keyField == 0 ? null : field(line, lineNumber), line);
    }

    private ProducerRecord record(byte @Nullable [] key, byte[] value) {
        return new ProducerRecord(topic, partition, key, value, List.of(), null);
    }

    private byte[] field(byte[] line, long lineNumber) {
        var end = 0;
        for (var field = 1; ; field++) {
            var start = end;
            while (start < line.length && isBlank(line[start])) {
                start++;
            }
            end = start;
            while (end < line.length && !isBlank(line[end])) {
                end++;
            }
            if (start == end) {
                throw CliException.usage(
                        "line " + lineNumber + " has " + (field - 1) + " fields, --key-field is " + keyField,
                        "fields are separated by blanks or tabs");
            }
            if (field == keyField) {
                return Arrays.copyOfRange(line, start, end);
            }
        }
    }

    private static boolean isBlank(byte character) {
        return character == ' ' || character == '\t';
    }

    private static int indexOf(byte[] line, byte[] part) {
        for (var at = 0; at <= line.length - part.length; at++) {
            if (Arrays.equals(line, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        return -1;
    }
}
