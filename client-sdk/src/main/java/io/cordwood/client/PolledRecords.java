package io.cordwood.client;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Records one after the other, polled when the ones before are used up. Never ends by itself: it waits for more until
 * whoever reads them is closed.
 *
 * <p><b>Thread:</b> one, as any iterator.
 */
final class PolledRecords implements Iterator<ConsumedRecord> {
    private final String reader;
    private final Supplier<List<ConsumedRecord>> poll;
    private final BooleanSupplier closed;
    private Iterator<ConsumedRecord> polled = List.<ConsumedRecord>of().iterator();

    /**
     * @param reader who is closed then, for people
     * @param poll waits a while for the next records; none when that is over, or when it is closed
     */
    PolledRecords(String reader, Supplier<List<ConsumedRecord>> poll, BooleanSupplier closed) {
        this.reader = reader;
        this.poll = poll;
        this.closed = closed;
    }

    @Override
    public boolean hasNext() {
        while (!polled.hasNext() && !closed.getAsBoolean()) {
            polled = poll.get().iterator();
        }
        return polled.hasNext();
    }

    @Override
    public ConsumedRecord next() {
        if (!hasNext()) {
            throw new NoSuchElementException(reader + " is closed");
        }
        return polled.next();
    }
}
