package io.cordwood.client;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Reads assigned partitions of a topic. */
@SuppressWarnings("DoNotCallSuggester")
public final class Reader implements AutoCloseable, Iterable<ConsumedRecord> {
    private Reader() {}

    public List<ConsumedRecord> poll(Duration timeout) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Iterator<ConsumedRecord> iterator() {
        throw new UnsupportedOperationException();
    }

    /** Next offset that poll will return, by partition. */
    public Map<Integer, Long> positions() {
        throw new UnsupportedOperationException();
    }

    public void seek(int partition, StartPoint start) {
        throw new UnsupportedOperationException();
    }

    public Map<Integer, Long> beginningOffsets() {
        throw new UnsupportedOperationException();
    }

    public Map<Integer, Long> endOffsets() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    /** What to read. */
    public static final class Builder {
        Builder(CordwoodClient client, String topic) {}

        public Builder partitions(int... partitions) {
            return this;
        }

        public Builder start(StartPoint start) {
            return this;
        }

        public Builder start(int partition, StartPoint start) {
            return this;
        }

        public Builder bufferBytes(int bytes) {
            return this;
        }

        public Builder maxPollRecords(int count) {
            return this;
        }

        public Reader open() {
            return new Reader();
        }
    }
}
