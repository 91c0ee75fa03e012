package io.cordwood.cli.console;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Lines as bytes, whatever their encoding, without their line breaks. */
public final class LineReader {
    private static final int BUFFER_BYTES = 1 << 16;

    private final String name;
    private final InputStream input;
    private final int lineMaxBytes;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private long lineNumber;

    /**
     * @param name of the input, for messages
     * @param lineMaxBytes a longer line is refused
     */
    public LineReader(String name, InputStream input, int lineMaxBytes) {
        this.name = name;
        this.input = new BufferedInputStream(input, BUFFER_BYTES);
        this.lineMaxBytes = lineMaxBytes;
    }

    /** The next line, or null behind the last one. */
    public byte @Nullable [] next() throws IOException {
        line.reset();
        var read = input.read();
        if (read < 0) {
            return null;
        }
        lineNumber++;
        while (read >= 0 && read != '\n') {
            line.write(read);
            if (line.size() > lineMaxBytes) {
                throw CliException.usage(
                        "line " + lineNumber + " of " + name + " is longer than " + lineMaxBytes + " bytes",
                        "a record must fit into one batch: shorten the line");
            }
            read = input.read();
        }
        return withoutReturn(line.toByteArray());
    }

    /** Number of the line that {@link #next} gave last, from 1. */
    public long lineNumber() {
        return lineNumber;
    }

    private static byte[] withoutReturn(byte[] bytes) {
        var last = bytes.length - 1;
        return last >= 0 && bytes[last] == '\r' ? Arrays.copyOf(bytes, last) : bytes;
    }
}
