package io.cordwood.chaos.follower;

import java.util.Locale;

/** What befalls a follower. */
enum Ailment {
    /** Its process is stopped (SIGSTOP): it keeps its connections, and does nothing. */
    PAUSED,
    /** What it sends and what it is sent arrives late, and little of it at a time. */
    SLOW,
    /** Nothing leaves it and nothing reaches it; its connections stay open, and new ones are refused. */
    CUT;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
