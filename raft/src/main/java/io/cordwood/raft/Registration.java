package io.cordwood.raft;

/** Ends a listening. Thread: any; harmless when repeated. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
    @Override
    void close();
}
