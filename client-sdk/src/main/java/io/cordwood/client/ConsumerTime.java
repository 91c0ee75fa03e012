package io.cordwood.client;

import java.util.function.LongSupplier;

/**
 * The clocks of a consumer.
 *
 * @param nanos for what takes or lasts a while; it never goes back, and means nothing elsewhere
 * @param wallMs milliseconds since 1970, for times that other processes read
 */
record ConsumerTime(LongSupplier nanos, LongSupplier wallMs) {
    static final ConsumerTime SYSTEM = new ConsumerTime(System::nanoTime, System::currentTimeMillis);

    long now() {
        return nanos.getAsLong();
    }

    long wallNow() {
        return wallMs.getAsLong();
    }
}
