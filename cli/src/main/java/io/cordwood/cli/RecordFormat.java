package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.Console;
import io.cordwood.client.ConsumedRecord;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Prints a record by a template of percent fields, or by one of the named formats.
 *
 * <p>Thread: any; immutable.
 *
 * <p>Source: the percent fields are those of kcat and rpk.
 */
final class RecordFormat {
    /** One part of a template. */
    @FunctionalInterface
    interface Part {
        void write(ConsumedRecord record, ByteArrayOutputStream line);
    }

    private static final String HINT = "./cordwood consume --help shows the fields";

    private final List<Part> parts;

    private RecordFormat(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    static RecordFormat parse(String format, Console console) {
        return switch (format) {
            case "value" -> new RecordFormat(List.of(RecordFields.value("text"), RecordFields.literal("\n")));
            case "json" -> new RecordFormat(List.of(RecordFields::json, RecordFields.literal("\n")));
            case "pretty" -> pretty(console);
            default -> new RecordFormat(new TemplateReader(format).parts());
        };
    }

    void print(ConsumedRecord record, PrintStream out) {
        var line = new ByteArrayOutputStream();
        parts.forEach(part -> part.write(record, line));
        out.write(line.toByteArray(), 0, line.size());
    }

    private static RecordFormat pretty(Console console) {
        return new RecordFormat(List.of(
                (record, line) -> RecordFields.append(line, console.dim(metadata(record))),
                RecordFields.literal(" "),
                RecordFields.value("text"),
                RecordFields.literal("\n")));
    }

    private static String metadata(ConsumedRecord record) {
        var key = record.keyText();
        return record.partition() + ":" + record.offset() + " " + RecordFields.time(record)
                + (key == null ? "" : " " + key);
    }

    /** Takes a template apart, from left to right. */
    private static final class TemplateReader {
        private static final int HEX = 16;

        private final String template;
        private final List<Part> parts = new ArrayList<>();
        private int position;

        TemplateReader(String template) {
            this.template = template;
        }

        List<Part> parts() {
            while (position < template.length()) {
                var character = template.charAt(position++);
                parts.add(
                        switch (character) {
                            case '%' -> field();
                            case '\\' -> escape();
                            default -> RecordFields.literal(String.valueOf(character));
                        });
            }
            return parts;
        }

        private Part field() {
            var name = next("a field such as %v");
            var modifier = modifier();
            return RecordFields.of(name, modifier)
                    .orElseThrow(() ->
                            malformed("%" + name + (modifier.isEmpty() ? "" : "{" + modifier + "}") + " is no field"));
        }

        private String modifier() {
            if (position >= template.length() || template.charAt(position) != '{') {
                return "";
            }
            var end = template.indexOf('}', position);
            if (end < 0) {
                throw malformed("a brace is not closed");
            }
            var modifier = template.substring(position + 1, end);
            position = end + 1;
            return modifier;
        }

        private Part escape() {
            var character = next("an escape such as \\n");
            var simple = Map.of('n', "\n", 't', "\t", 'r', "\r", '\\', "\\").get(character);
            if (simple != null) {
                return RecordFields.literal(simple);
            }
            if (character != 'x' || !template.substring(position).matches("(?s)[0-9a-fA-F]{2}.*")) {
                throw malformed("\\" + character + " is no escape");
            }
            var code = (byte) Integer.parseInt(template.substring(position, position + 2), HEX);
            position += 2;
            return (record, line) -> line.write(code);
        }

        private char next(String expected) {
            if (position >= template.length()) {
                throw malformed("it ends where " + expected + " was expected");
            }
            return template.charAt(position++);
        }

        private CliException malformed(String why) {
            return CliException.usage("--format '" + template + "' is malformed: " + why, HINT);
        }
    }
}
