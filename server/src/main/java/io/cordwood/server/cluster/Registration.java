package io.cordwood.server.cluster;

/** A listener that is called until this is closed. Closing twice is the same as once. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
    @Override
    void close();
}
