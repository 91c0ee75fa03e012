package io.cordwood.server.http;

import java.io.IOException;

/** Answers requests. Thread: any, one for each request, which may be held up. */
@FunctionalInterface
interface Route {
    /**
     * Answers the call, once.
     *
     * @throws HttpRefusedException for a request that is wrong as such
     * @throws IOException where the client is gone or does not take its answer; the connection is then
     *     closed
     */
    void serve(HttpCall call) throws IOException;
}
