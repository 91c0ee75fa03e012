package io.cordwood.client;

import io.cordwood.batch.RecordHeader;
import io.cordwood.client.ConsumedRecord.BatchPlace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes records as a reader would deliver them. */
public final class ReadRecord {
    private ReadRecord() {}

    public static ConsumedRecord of(
            long offset, byte @Nullable [] key, byte @Nullable [] value, RecordHeader... headers) {
        var place = new BatchPlace(offset, 1_764_000_000_123L, 3);
        return new ConsumedRecord(new TopicPartition("orders", 2), place, key, value, List.of(headers));
    }
}
