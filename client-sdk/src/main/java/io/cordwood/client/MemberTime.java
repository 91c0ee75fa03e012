package io.cordwood.client;

import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * When a member does what is due, such as its pings, whatever its records do.
 *
 * @param timer one thread, never blocked
 * @param nanos the clock by which it runs; it never goes back, and means nothing elsewhere
 */
record MemberTime(ScheduledExecutorService timer, LongSupplier nanos) {
    /** That of all members of a client. */
    static MemberTime of(CordwoodClient client) {
        return new MemberTime(client.timer(), System::nanoTime);
    }
}
