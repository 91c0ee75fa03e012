package io.cordwood.server.rpc;

/** Hears once of the end of a streaming call. */
@FunctionalInterface
interface StreamEnd {
    void ended(OpenStream stream);
}
