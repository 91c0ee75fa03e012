package io.cordwood.store;

import java.io.IOException;

/** How an operation on a {@link SimulatedDisk} fails. */
public enum IoFault {
    /** Nothing was done, and what was done before stays as it was. */
    NOTHING_DONE("simulated failure"),
    /** As above; a force that fails so has lost what it was to make durable. */
    INPUT_OUTPUT("Input/output error"),
    NO_SPACE("No space left on device"),
    /** A write ends in its middle; as above for all else. */
    SHORT_WRITE("No space left on device, in the middle");

    private final String message;

    IoFault(String message) {
        this.message = message;
    }

    public String message() {
        return message;
    }

    IOException exception(String operation) {
        return new IOException(message + ": " + operation);
    }

    int bytesWritten(int size) {
        return this == SHORT_WRITE ? size / 2 : 0;
    }

    boolean losesPages() {
        return this != NOTHING_DONE;
    }
}
