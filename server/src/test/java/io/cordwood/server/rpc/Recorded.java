package io.cordwood.server.rpc;

import static org.awaitility.Awaitility.await;

import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a stream answers.
 *
 * <p>Thread: any.
 */
final class Recorded<T> implements StreamObserver<T> {
    private final List<T> all = new CopyOnWriteArrayList<>();
    private volatile @Nullable Throwable error;
    private volatile boolean ended;

    @Override
    public void onNext(T value) {
        all.add(value);
    }

    @Override
    public void onError(Throwable failure) {
        error = failure;
        ended = true;
    }

    @Override
    public void onCompleted() {
        ended = true;
    }

    List<T> all() {
        return all;
    }

    boolean ended() {
        return ended;
    }

    boolean failed() {
        return error != null;
    }

    void awaitEnd() {
        await().until(this::ended);
    }

    /** What ended the stream. */
    Throwable error() {
        return Objects.requireNonNull(error, "the stream ended without an error");
    }
}
