package io.cordwood.store;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Bytes that must be there are missing, or are not what they were written as.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class CorruptLogException extends IOException {
    private final Path file;
    private final long position;
    private final String field;
    private final String expected;
    private final String found;

    public CorruptLogException(Path file, long position, String field, Object expected, Object found) {
        super(file.getFileName() + " at " + position + ": " + field + " expected " + expected + ", found " + found
                + " (" + file + ")");
        this.file = file;
        this.position = position;
        this.field = field;
        this.expected = String.valueOf(expected);
        this.found = String.valueOf(found);
    }

    public Path file() {
        return file;
    }

    /** In bytes from the start of the file. */
    public long position() {
        return position;
    }

    public String field() {
        return field;
    }

    public String expected() {
        return expected;
    }

    public String found() {
        return found;
    }
}
