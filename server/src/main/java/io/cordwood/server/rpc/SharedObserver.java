package io.cordwood.server.rpc;

import io.grpc.stub.StreamObserver;

/**
 * The sending half of a stream that several threads write to.
 *
 * <p>Invariant: nothing is written after the end.
 *
 * <p><b>Thread:</b> any. The lock guards the order of writes to the observer, which takes one thread at a time; a write
 * only enqueues in the transport, so it is held for microseconds.
 */
final class SharedObserver<T> {
    private final StreamObserver<T> out;
    private boolean ended;

    SharedObserver(StreamObserver<T> out) {
        this.out = out;
    }

    synchronized void send(T message) {
        if (!ended) {
            out.onNext(message);
        }
    }

    synchronized void complete() {
        if (!ended) {
            ended = true;
            out.onCompleted();
        }
    }

    synchronized void fail(Throwable error) {
        if (!ended) {
            ended = true;
            out.onError(error);
        }
    }
}
