package io.cordwood.server.rpc;

import io.cordwood.server.cluster.Refusal;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The streaming calls that are open, so that a stopping node can end them.
 *
 * <p>Invariant: a stream that is added after the stop is stopped at once.
 *
 * <p><b>Thread:</b> any.
 */
final class OpenStreams {
    private final Set<OpenStream> streams = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Refusal stopped;

    void add(OpenStream stream) {
        streams.add(stream);
        var refusal = stopped;
        if (refusal != null) {
            stream.stop(refusal);
        }
    }

    void remove(OpenStream stream) {
        streams.remove(stream);
    }

    void stopAll(Refusal refusal) {
        stopped = refusal;
        List.copyOf(streams).forEach(stream -> stream.stop(refusal));
    }

    int count() {
        return streams.size();
    }
}
