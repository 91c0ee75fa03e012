package io.cordwood.chaos.net;

import java.io.IOException;

/** The connection is to be reset now, in the midst of what it carries. */
final class InjectedResetException extends IOException {
    private static final long serialVersionUID = 1;

    InjectedResetException(Direction direction) {
        super("reset on purpose: " + direction);
    }
}
