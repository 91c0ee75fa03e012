package io.cordwood.store;

import java.nio.file.Path;

/**
 * Why bytes do not continue a chain of batches.
 *
 * <p><b>Thread:</b> immutable.
 */
record BatchProblem(String field, Object expected, Object found) {
    CorruptLogException at(Path file, long position) {
        return new CorruptLogException(file, position, field, expected, found);
    }

    @Override
    public String toString() {
        return field + " expected " + expected + ", found " + found;
    }
}
