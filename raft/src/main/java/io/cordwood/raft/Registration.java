package io.cordwood.raft;

/** A listener that is called until this is closed. Thread: any. Closing twice is the same as once. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
    @Override
    void close();
}
