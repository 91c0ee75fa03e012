package io.cordwood.partition;

import java.io.IOException;

/** A raft entry in a form that this build does not know: a newer one wrote it. The replica must stop, never skip it. */
public final class UnknownEntryException extends IOException {
    private static final long serialVersionUID = 1L;

    UnknownEntryException(String field, int found, int newestKnown) {
        super(field + " of a raft entry is " + found + ", this build knows " + newestKnown
                + ": start the build that wrote it");
    }
}
