package io.cordwood.client;

import java.time.Duration;

/**
 * How long a client waits for what, before it tries again or elsewhere.
 *
 * @param request a unary call, retries included
 * @param retry between tries
 * @param stall an unanswered batch, before its partition's leader is looked up again
 * @param answer an unanswered batch, before its stream is given up
 * @param silence a subscribed partition without data, before its leader is looked up again
 */
record Patience(Duration request, RetryPolicy retry, Duration stall, Duration answer, Duration silence) {
    static final Patience DEFAULT = new Patience(
            Duration.ofSeconds(30),
            RetryPolicy.DEFAULT,
            Duration.ofSeconds(2),
            Duration.ofSeconds(30),
            Duration.ofSeconds(5));

    Patience withRequest(Duration timeout) {
        return new Patience(timeout, retry, stall, answer, silence);
    }
}
