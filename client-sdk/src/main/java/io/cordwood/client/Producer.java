package io.cordwood.client;

import io.cordwood.batch.Compression;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Sends records. */
@SuppressWarnings("DoNotCallSuggester")
public final class Producer implements AutoCloseable {
    private Producer() {}

    public CompletableFuture<RecordMetadata> send(ProducerRecord record) {
        throw new UnsupportedOperationException();
    }

    public CompletableFuture<RecordMetadata> send(String topic, byte @Nullable [] key, byte @Nullable [] value) {
        return send(new ProducerRecord(topic, key, value));
    }

    public void flush() {
        throw new UnsupportedOperationException();
    }

    public CompletableFuture<Void> flushAsync() {
        throw new UnsupportedOperationException();
    }

    public long bufferedBytes() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    public void close(Duration timeout) {}

    /** Settings of a producer. */
    public static final class Builder {
        Builder(CordwoodClient client) {}

        public Builder linger(Duration linger) {
            return this;
        }

        public Builder batchBytes(int bytes) {
            return this;
        }

        public Builder compression(Compression compression) {
            return this;
        }

        public Builder idempotent(boolean idempotent) {
            return this;
        }

        public Builder bufferBytes(long bytes) {
            return this;
        }

        public Builder maxBlock(Duration maxBlock) {
            return this;
        }

        public Builder deliveryTimeout(Duration timeout) {
            return this;
        }

        public Builder maxRecordBytes(int bytes) {
            return this;
        }

        public Builder closeTimeout(Duration timeout) {
            return this;
        }

        public Producer open() {
            return new Producer();
        }
    }
}
